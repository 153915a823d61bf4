import type { AdvisoryStatus, AffectedPackage, VersionRange } from '@hullcheck/core';
import type { OvalDocument, OvalState, OvalTest } from './oval.ts';
import { childrenOf, type XmlElement } from './xml.ts';

/** How one distribution writes what a definition is about beside packages. */
export interface OvalDialect {
  /** Ecosystems of which the whole document is; null where each definition says so by criteria. */
  readonly ecosystem: string | null;
  /** The ecosystem that a test on a release's own package stands for; null: of another product; undefined: no such test. */
  readonly releaseOf: (name: string, state: OvalState, comment: string) => string | null | undefined;
  /** The same of a test on a file that the release's package brought; absent where no such test is written. */
  readonly releaseOfFile?: (state: OvalState, comment: string) => string | null | undefined;
  /** Whether a test without any state says that each version of the package is meant (Red Hat's "is installed"). */
  readonly presence?: boolean;
  readonly nameKind: AffectedPackage['nameKind'];
}

/** The package is there, in any version. */
const PRESENT: OvalState = { evr: null, version: null, architecture: null, signed: false };

/** Under what conditions packages of a part of the criteria are affected. */
interface Conditions {
  /** Null: not restricted yet. Empty: none that is known here. */
  readonly ecosystems: readonly string[] | null;
  readonly architectures: readonly string[] | null;
  readonly module: string | null;
  /** Whether all of them were understood. */
  readonly certain: boolean;
}

type Atom =
  | { readonly kind: 'package'; readonly name: string; readonly state: OvalState }
  | { readonly kind: 'condition'; readonly conditions: Partial<Conditions> };

/**
 * What a definition's criteria say of packages. Conditions beside them (release, architecture, module) narrow what stands
 * below; signatures and whether a kernel is the running one are not what makes a file on a disk affected.
 */
export function affectedOf(
  definition: XmlElement,
  document: OvalDocument,
  dialect: OvalDialect,
  urgency: string | null,
): readonly AffectedPackage[] {
  const start: Conditions = {
    ecosystems: dialect.ecosystem === null ? null : [dialect.ecosystem],
    architectures: null,
    module: null,
    certain: true,
  };
  const found: AffectedPackage[] = [];
  const add = (conditions: Conditions, name: string, states: readonly OvalState[]): void => {
    const said = statementOf(states, conditions.certain);
    if (said === undefined) return;
    const architectures = architecturesOf(states) ?? conditions.architectures;
    for (const ecosystem of conditions.ecosystems ?? []) {
      found.push({
        ecosystem,
        name,
        nameKind: dialect.nameKind,
        scheme: 'rpm',
        ...said,
        expression: null,
        urgency,
        ...(conditions.module === null ? {} : { module: conditions.module }),
        ...(architectures === null ? {} : { architectures }),
      });
    }
  };
  const toAtom = (criterion: XmlElement): Atom => atomOf(criterion, document, dialect);
  for (const criteria of childrenOf(definition, 'criteria')) walk(criteria, start, toAtom, add);
  return joinArchitectures(found);
}

/** Oracle says everything once for each architecture: what is equal becomes one entry. */
export function joinArchitectures(entries: readonly AffectedPackage[]): readonly AffectedPackage[] {
  const joined = new Map<string, AffectedPackage>();
  for (const entry of entries) {
    const { architectures, ...rest } = entry;
    const key = JSON.stringify(rest);
    const known = joined.get(key);
    if (known === undefined) joined.set(key, entry);
    else if (known.architectures === undefined || architectures === undefined) joined.set(key, rest);
    else {
      const names = [...new Set([...known.architectures, ...architectures])].sort();
      joined.set(key, { ...rest, architectures: names });
    }
  }
  return [...joined.values()];
}

type Add = (conditions: Conditions, name: string, states: readonly OvalState[]) => void;

/** Depth is bounded by the reader of XML. */
function walk(node: XmlElement, given: Conditions, toAtom: (criterion: XmlElement) => Atom, add: Add): void {
  const isOr = node.attributes.get('operator') === 'OR';
  const packages = new Map<string, OvalState[]>();
  const nested: XmlElement[] = [];
  let conditions = given;
  if (node.attributes.get('negate') === 'true') conditions = { ...conditions, certain: false };
  for (const child of node.children) {
    if (child.name === 'criteria') {
      const only = isOr ? undefined : conditionsOf(child, toAtom);
      if (only === undefined) nested.push(child);
      else conditions = narrow(conditions, only);
      continue;
    }
    if (child.name !== 'criterion') continue;
    const atom = toAtom(child);
    if (atom.kind === 'condition') {
      // An alternative to packages is a condition that nothing hangs on.
      if (!isOr) conditions = narrow(conditions, atom.conditions);
      continue;
    }
    const known = packages.get(atom.name) ?? [];
    packages.set(atom.name, known);
    known.push(atom.state);
  }
  for (const [name, states] of packages) {
    // Alternatives are statements of their own; what holds together is one range.
    if (isOr) for (const state of states) add(conditions, name, [state]);
    else add(conditions, name, states);
  }
  for (const child of nested) walk(child, conditions, toAtom, add);
}

/** What a part of the criteria without any package narrows to; undefined where it names packages. */
function conditionsOf(node: XmlElement, toAtom: (criterion: XmlElement) => Atom): Partial<Conditions> | undefined {
  const parts: Partial<Conditions>[] = [];
  for (const child of node.children) {
    if (child.name === 'criteria') {
      const inner = conditionsOf(child, toAtom);
      if (inner === undefined) return undefined;
      parts.push(inner);
    } else if (child.name === 'criterion') {
      const atom = toAtom(child);
      if (atom.kind === 'package') return undefined;
      parts.push(atom.conditions);
    }
  }
  if (node.attributes.get('operator') !== 'OR') {
    const start: Conditions = { ecosystems: null, architectures: null, module: null, certain: true };
    return parts.reduce<Conditions>(narrow, start);
  }
  // Releases are the only alternatives that distributions write; of anything else one may hold.
  const releases = parts.flatMap(({ ecosystems }) => ecosystems ?? []);
  return parts.some(({ ecosystems }) => ecosystems != null) ? { ecosystems: [...new Set(releases)] } : {};
}

function narrow(given: Conditions, more: Partial<Conditions>): Conditions {
  return {
    ecosystems: intersect(given.ecosystems, more.ecosystems ?? null),
    architectures: intersect(given.architectures, more.architectures ?? null),
    module: more.module ?? given.module,
    certain: given.certain && more.certain !== false,
  };
}

function intersect(a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  return a.filter((one) => b.includes(one));
}

function atomOf(criterion: XmlElement, document: OvalDocument, dialect: OvalDialect): Atom {
  const comment = criterion.attributes.get('comment') ?? '';
  const test = document.findTest(criterion.attributes.get('test_ref') ?? '');
  const unknown: Atom = { kind: 'condition', conditions: { certain: false } };
  if (test === undefined || criterion.attributes.get('negate') === 'true') return unknown;
  const { name } = test;
  // That a live patch is not there is so in every image: what is on the disk stays as it was.
  if (test.isAbsence) return { kind: 'condition', conditions: {} };
  if (name === null) return conditionOfFile(test, comment, dialect);
  const [state] = test.states;
  if (state === undefined) return dialect.presence === true ? { kind: 'package', name, state: PRESENT } : unknown;
  const release = dialect.releaseOf(name, state, comment);
  if (release !== undefined)
    return { kind: 'condition', conditions: { ecosystems: release === null ? [] : [release] } };
  if (state.signed) return { kind: 'condition', conditions: {} };
  if (state.evr !== null || state.version !== null) return { kind: 'package', name, state };
  // The release's package asked for its architecture is how Oracle writes the machine's.
  if (state.architecture !== null) {
    return { kind: 'condition', conditions: { architectures: architectureNames(state.architecture) } };
  }
  return unknown;
}

/** Files and processes of the running system: the module that is enabled matters, the kernel that runs does not. */
function conditionOfFile({ type, states }: OvalTest, comment: string, dialect: OvalDialect): Atom {
  const [state] = states;
  const release = state === undefined ? undefined : dialect.releaseOfFile?.(state, comment);
  if (release !== undefined)
    return { kind: 'condition', conditions: { ecosystems: release === null ? [] : [release] } };
  const module = /^Module ([A-Za-z0-9][\w.+-]*:[A-Za-z0-9][\w.+-]*) is enabled$/.exec(comment)?.[1];
  if (module !== undefined) return { kind: 'condition', conditions: { module } };
  const isKernel = /^(?:uname|textfilecontent54|rpmverifyfile)_test$/.test(type) && /\bkernel\b/i.test(comment);
  return { kind: 'condition', conditions: isKernel ? {} : { certain: false } };
}

function architecturesOf(states: readonly OvalState[]): readonly string[] | null {
  const named = states.find(({ architecture }) => architecture !== null)?.architecture;
  return named == null ? null : architectureNames(named);
}

/** `(aarch64|x86_64)`: an expression of alternatives and nothing else, or no restriction that is understood. */
function architectureNames(pattern: string): readonly string[] | null {
  const names = pattern
    .replace(/^\^?\(?/, '')
    .replace(/\)?\$?$/, '')
    .split('|');
  return names.every((name) => /^[a-z0-9_]{1,20}$/.test(name)) ? names : null;
}

/** Some of SUSE's documents have the numbers under which OpenSCAP keeps the names. https://github.com/OpenSCAP/openscap */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ['1', 'equals'],
  ['5', 'greater than'],
  ['6', 'less than'],
  ['7', 'greater than or equal'],
  ['8', 'less than or equal'],
]);

type Statement = Pick<AffectedPackage, 'ranges' | 'versions' | 'status'>;

/** Undefined where the states hold for no version at all: the definition says that the package is not affected. */
function statementOf(states: readonly OvalState[], certain: boolean): Statement | undefined {
  let range: VersionRange = { introduced: null, fixed: null, lastAffected: null };
  const versions: string[] = [];
  let status: AdvisoryStatus = certain ? 'affected' : 'undetermined';
  if (states.every((state) => state === PRESENT)) return { ranges: [], versions, status };
  for (const { evr, version } of states.filter((state) => state !== PRESENT)) {
    // A version of 0 is SUSE's way to write "not affected".
    if (evr === null && version?.value === '0') return undefined;
    const { value } = evr ?? { value: '' };
    const operation = OPERATIONS.get(evr?.operation ?? '') ?? evr?.operation;
    const isZero = value === '0:0' || value === '0:0-0' || value === '0';
    if (operation === 'less than') range = { ...range, fixed: value };
    else if (operation === 'less than or equal') range = { ...range, lastAffected: value };
    else if (operation === 'greater than or equal') range = { ...range, introduced: isZero ? null : value };
    else if (operation === 'greater than') range = { ...range, introduced: isZero ? null : successorOf(value) };
    else if (operation === 'equals') versions.push(value);
    else status = 'undetermined';
    if (isZero && operation === 'less than') return undefined;
  }
  return { ranges: versions.length > 0 ? [] : [range], versions, status };
}

/**
 * The next version after one: a caret sorts above its absence and below everything else that could follow.
 * https://rpm-software-management.github.io/rpm/man/rpm-version.7
 */
function successorOf(evr: string): string {
  return `${evr}^`;
}
