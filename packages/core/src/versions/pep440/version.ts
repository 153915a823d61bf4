import { compareDigits, compareLists, compareText } from '../order.ts';
import type { Order } from '../scheme.ts';

export interface Pep440Version {
  readonly scheme: 'pep440';
  /** As it was written, for the `===` operator. */
  readonly text: string;
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre: { readonly stage: string; readonly number: string } | null;
  readonly post: string | null;
  readonly dev: string | null;
  /** Lower-case segments of the local version; empty where it has none. */
  readonly local: readonly string[];
}

const RELEASE = '(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)';
const PRE = '(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?';
const POST = '(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?';
const DEV = '(?:[-_.]?(dev)[-_.]?([0-9]*))?';
const LOCAL = '(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?';
const FORM = new RegExp(`^\\s*v?${RELEASE}${PRE}${POST}${DEV}${LOCAL}\\s*$`, 'i');

/** Spellings of the three stages; `a` < `b` < `rc` is also their order as text. */
const STAGES = new Map([
  ['alpha', 'a'],
  ['beta', 'b'],
  ['c', 'rc'],
  ['pre', 'rc'],
  ['preview', 'rc'],
]);

/** A number that is left out (`1.0a`, `1.0.dev`) is zero. */
export function parseVersion(text: string): Pep440Version | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, epoch = '0', release = '', stage, stageNumber = '', hyphenPost, postWord, postNumber = ''] = match;
  const [devWord, devNumber = '', local] = match.slice(8);
  const word = stage?.toLowerCase();
  return {
    scheme: 'pep440',
    text,
    epoch,
    release: release.split('.'),
    pre: word === undefined ? null : { stage: STAGES.get(word) ?? word, number: stageNumber },
    post: hyphenPost ?? (postWord === undefined ? null : postNumber),
    dev: devWord === undefined ? null : devNumber,
    local: local === undefined ? [] : local.toLowerCase().split(/[-_.]/),
  };
}

export function compareVersions(a: Pep440Version, b: Pep440Version): Order {
  return comparePublic(a, b) || compareLists(a.local, b.local, compareLocalSegments);
}

/** The order without local versions, which a specifier that names none passes over. */
export function comparePublic(a: Pep440Version, b: Pep440Version): Order {
  return (
    compareBase(a, b) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, 'oldest') ||
    compareOptional(a.dev, b.dev, 'newest')
  );
}

/** Epoch and release alone; `1.0` and `1` are one release. */
export function compareBase(a: Pep440Version, b: Pep440Version): Order {
  return compareDigits(a.epoch, b.epoch) || compareLists(a.release, b.release, (x = '', y = '') => compareDigits(x, y));
}

export function isPrerelease(version: Pep440Version): boolean {
  return version.pre !== null || version.dev !== null;
}

/** `1.0.dev1` comes before `1.0a1`; `1.0` and `1.0.post1.dev1` after every `1.0rc1`. */
function comparePre(a: Pep440Version, b: Pep440Version): Order {
  const ranks = rankWithoutPre(a) - rankWithoutPre(b);
  if (ranks !== 0) return ranks < 0 ? -1 : 1;
  if (a.pre === null || b.pre === null) return 0;
  return compareText(a.pre.stage, b.pre.stage) || compareDigits(a.pre.number, b.pre.number);
}

function rankWithoutPre(version: Pep440Version): number {
  if (version.pre !== null) return 1;
  return version.post === null && version.dev !== null ? 0 : 2;
}

function compareOptional(a: string | null, b: string | null, absence: 'oldest' | 'newest'): Order {
  if (a !== null && b !== null) return compareDigits(a, b);
  if (a === b) return 0;
  return (a === null) === (absence === 'oldest') ? -1 : 1;
}

/** Numbers are newer than text, and more segments newer than fewer. */
function compareLocalSegments(a: string | undefined, b: string | undefined): Order {
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const aNumeric = /^[0-9]+$/.test(a);
  const bNumeric = /^[0-9]+$/.test(b);
  if (aNumeric !== bNumeric) return aNumeric ? 1 : -1;
  return aNumeric ? compareDigits(a, b) : compareText(a, b);
}
