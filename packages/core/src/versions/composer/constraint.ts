import { type Comparator, holds } from '../constraints.ts';
import { successor } from '../order.ts';
import { type ComposerVersion, compareNormal, MODIFIER, parseVersion } from './version.ts';

interface Bound {
  readonly comparator: Comparator;
  /** Null for a branch, which no version equals. */
  readonly version: ComposerVersion | null;
}

const NUMBERS = 'v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:\\.([0-9]+))?';
const VERSION = `${NUMBERS}(?:${MODIFIER}|\\.([x*][.-]?dev))(?:\\+[^\\s]+)?`;
const TILDE = new RegExp(`^~${VERSION}$`, 'i');
const CARET = new RegExp(`^\\^${VERSION}$`, 'i');
const WILD = /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\.[x*])+$/i;
const HYPHEN = new RegExp(`^(${VERSION}) - (${VERSION})$`, 'i');
const HAS_MODIFIER = new RegExp(`-${MODIFIER}$`, 'i');
const BRANCH = /^(?:dev-.+|(?:master|trunk|default)|[0-9a-zA-Z./-]+-dev)$/i;
const COMPARATORS = new Map<string, Comparator>([
  ['', '='],
  ['=', '='],
  ['==', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

/** Whether the version meets a constraint: `^1.2 || ~2.3.4 || >=3.0,<3.1 || 4.*`. No version is in a branch; stability flags are undetermined. */
export function satisfies(version: ComposerVersion, constraint: string): boolean | undefined {
  let satisfied = false;
  for (const alternative of constraint.trim().split(/\|\|?/)) {
    const bounds = parseConjunction(alternative.trim());
    if (bounds === undefined) return undefined;
    if (bounds.every((bound) => meets(version, bound))) satisfied = true;
  }
  return satisfied;
}

function meets(version: ComposerVersion, bound: Bound): boolean {
  return bound.version === null
    ? bound.comparator === '!='
    : holds(compareNormal(version, bound.version), bound.comparator);
}

function parseConjunction(text: string): readonly Bound[] | undefined {
  const spaced = text
    .replace(/\s+/g, ' ')
    .replace(/ ?, ?/g, ',')
    .replace(/([<>=!]) /g, '$1');
  const hyphenated = spaced.replaceAll(' - ', '\t');
  const bounds: Bound[] = [];
  for (const part of hyphenated.split(/[ ,]/)) {
    const found = parseOne(part.replaceAll('\t', ' - '));
    if (found === undefined) return undefined;
    bounds.push(...found);
  }
  return bounds;
}

function parseOne(text: string): readonly Bound[] | undefined {
  if (/^[x*](?:\.[x*])*$/i.test(text)) return [];
  return parseTilde(text) ?? parseCaret(text) ?? parseWild(text) ?? parseHyphen(text) ?? parseComparator(text);
}

function parseTilde(text: string): readonly Bound[] | undefined {
  const match = TILDE.exec(text);
  if (match === null) return undefined;
  const given = match.slice(1, 5).filter((number) => number !== undefined && number !== '');
  const position = given.length + (match[8] === undefined ? 0 : 1);
  return between(low(text.slice(1), match), upTo(match.slice(1, 5), Math.max(1, position - 1)));
}

function parseCaret(text: string): readonly Bound[] | undefined {
  const match = CARET.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch] = match;
  const position = major !== '0' || minor === undefined ? 1 : minor !== '0' || patch === undefined ? 2 : 3;
  return between(low(text.slice(1), match), upTo(match.slice(1, 5), position));
}

function parseWild(text: string): readonly Bound[] | undefined {
  const match = WILD.exec(text);
  if (match === null) return undefined;
  const given = match.slice(1, 4).filter((number) => number !== undefined);
  return between(parseVersion(`${padded(given).join('.')}-dev`), upTo(given, given.length));
}

/** `1.0 - 2.0` ends where 2.1 begins; `1.0 - 2.0.3` with 2.0.3. */
function parseHyphen(text: string): readonly Bound[] | undefined {
  const match = HYPHEN.exec(text);
  if (match === null) return undefined;
  const [, from = ''] = match;
  const to = match.slice(10);
  const high = parseVersion(match[10] ?? '');
  const whole = (to[2] !== undefined && to[3] !== undefined) || Boolean(to[5]) || Boolean(to[7]) || Boolean(to[8]);
  const start = parseVersion(hasModifier(match.slice(1)) ? from : `${from}-dev`);
  if (start === undefined || high === undefined) return undefined;
  const end: Bound | undefined = whole
    ? { comparator: '<=', version: high }
    : below(upTo(to.slice(1, 5), to[2] === undefined ? 1 : 2));
  return end && [{ comparator: '>=', version: start }, end];
}

function parseComparator(text: string): readonly Bound[] | undefined {
  const match = /^(<>|!=|>=?|<=?|==?)?(.*)$/.exec(text);
  const comparator = COMPARATORS.get(match?.[1] ?? '');
  const stated = match?.[2] ?? '';
  if (comparator === undefined || stated.includes('@')) return undefined;
  // `<1.0` leaves out the pre-releases of 1.0, and `>=1.0` takes them in.
  const opens = (comparator === '<' || comparator === '>=') && !HAS_MODIFIER.test(stated);
  const version = parseVersion(stated);
  if (version === undefined) return BRANCH.test(stated) ? [{ comparator, version: null }] : undefined;
  return [{ comparator, version: opens ? { ...version, parts: [...version.parts, 'dev'] } : version }];
}

/** The lower end takes in pre-releases unless a modifier says where to start. */
function low(text: string, match: readonly string[]): ComposerVersion | undefined {
  return parseVersion(hasModifier(match) ? text : `${text}-dev`);
}

/** Of the groups of VERSION: stability word, dev, open branch. */
function hasModifier(match: readonly (string | undefined)[]): boolean {
  return Boolean(match[5]) || Boolean(match[7]) || Boolean(match[8]);
}

function between(start: ComposerVersion | undefined, end: ComposerVersion | undefined): readonly Bound[] | undefined {
  const high = below(end);
  return start && high && [{ comparator: '>=', version: start }, high];
}

function below(version: ComposerVersion | undefined): Bound | undefined {
  return version && { comparator: '<', version };
}

/** The first version after every one that shares the numbers up to `position`. */
function upTo(numbers: readonly (string | undefined)[], position: number): ComposerVersion | undefined {
  const kept = numbers.slice(0, position).map((number) => number ?? '0');
  return parseVersion(`${padded([...kept.slice(0, -1), successor(kept.at(-1) ?? '0')]).join('.')}-dev`);
}

function padded(numbers: readonly (string | undefined)[]): readonly string[] {
  return [0, 1, 2, 3].map((index) => numbers[index] ?? '0');
}
