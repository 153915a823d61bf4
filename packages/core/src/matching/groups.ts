import type { AdvisoryHit } from '../advisory.ts';

/** All advisories about one flaw of one package. */
export interface VulnerabilityGroup {
  /** A CVE where there is one. */
  readonly id: string;
  /** The other names, in code-unit order. */
  readonly aliases: readonly string[];
  /** By feed, then id. */
  readonly advisories: readonly AdvisoryHit[];
}

/** Whether the advisory speaks of this one flaw, and not of several at once as a security update's notice does. */
export function isAboutOne(advisory: AdvisoryHit): boolean {
  return cvesOf(advisory).length <= 1;
}

/** CVE ids that the advisory names, itself included. */
export function cvesOf(advisory: AdvisoryHit): readonly string[] {
  return [...new Set([advisory.id, ...advisory.aliases].filter(isCve))];
}

/**
 * One group per flaw. Two CVEs are two flaws, whatever an advisory lumps together (DSA-5000 names twelve): such an advisory
 * joins the group of each. One without a CVE joins the CVE that it reaches over other names (PYSEC -> GHSA -> CVE).
 * Withdrawn advisories say nothing. The order of the input has no influence.
 */
export function groupAdvisories(hits: readonly AdvisoryHit[]): readonly VulnerabilityGroup[] {
  const live = hits.filter((hit) => hit.withdrawn === null).sort(byFeedAndId);
  const names = connectNames(live);
  const members = new Map<string, AdvisoryHit[]>();
  for (const hit of live) {
    for (const flaw of flawsOf(hit, names)) {
      const group = members.get(flaw);
      if (group === undefined) members.set(flaw, [hit]);
      else group.push(hit);
    }
  }
  return [...members].map(([flaw, advisories]) => toGroup(flaw, advisories));
}

function toGroup(flaw: string, advisories: readonly AdvisoryHit[]): VulnerabilityGroup {
  const names = new Set<string>();
  for (const advisory of advisories.filter(isAboutOne)) {
    for (const name of [advisory.id, ...advisory.aliases]) names.add(name);
  }
  const id = isCve(flaw) ? flaw : ([...names].sort(byPreference)[0] ?? flaw);
  names.delete(id);
  return { id, aliases: [...names].sort(byCodeUnit), advisories };
}

interface Names {
  rootOf(name: string): string;
  /** CVEs that any advisory of the component names. */
  cvesOfRoot(root: string): readonly string[];
}

/** The CVEs the advisory belongs to, or else the component of names it lies in. */
function flawsOf(hit: AdvisoryHit, names: Names): readonly string[] {
  const own = cvesOf(hit);
  if (own.length > 0) return own;
  const root = names.rootOf(hit.id);
  const reached = names.cvesOfRoot(root);
  return reached.length > 0 ? reached : [root];
}

/** Union of names by shared advisories. A CVE connects only through an advisory about it alone. */
function connectNames(hits: readonly AdvisoryHit[]): Names {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  for (const hit of hits) {
    const alone = isAboutOne(hit);
    for (const name of [hit.id, ...hit.aliases]) {
      if (isCve(name) && !alone) continue;
      // The smaller name is the root, so that the order of advisories has no influence.
      const [low = name, high = name] = [rootOf(hit.id), rootOf(name)].sort(byCodeUnit);
      if (low !== high) parents.set(high, low);
    }
  }
  const cves = new Map<string, Set<string>>();
  for (const hit of hits) {
    const root = rootOf(hit.id);
    const known = cves.get(root) ?? new Set();
    for (const cve of cvesOf(hit)) known.add(cve);
    cves.set(root, known);
  }
  return { rootOf, cvesOfRoot: (root) => [...(cves.get(root) ?? [])] };
}

function isCve(name: string): boolean {
  return /^CVE-[0-9]{4}-[0-9]{4,}$/.test(name);
}

function byPreference(a: string, b: string): number {
  return preference(a) - preference(b) || byCodeUnit(a, b);
}

function preference(name: string): number {
  if (isCve(name)) return 0;
  return name.startsWith('GHSA-') ? 1 : 2;
}

function byFeedAndId(a: AdvisoryHit, b: AdvisoryHit): number {
  return byCodeUnit(a.feed, b.feed) || byCodeUnit(a.id, b.id);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
