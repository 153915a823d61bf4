import { type AffectedPackage, type Cpe, cpeName, cpeVersion, parseCpe, type VersionRange } from '@hullcheck/core';
import * as z from 'zod';

/** The longest bound of NVD has 60 characters or so. */
const VERSION_CHARACTERS_MAX = 200;
/** Elements of one list of a record: Intel's and Qualcomm's longest have a few thousand. */
const LIST_MAX = 20_000;

const bound = z.string().min(1).max(VERSION_CHARACTERS_MAX).optional();
const match = z.object({
  criteria: z.string().max(1000),
  vulnerable: z.boolean(),
  versionStartIncluding: bound,
  versionStartExcluding: bound,
  versionEndIncluding: bound,
  versionEndExcluding: bound,
});
type Match = z.infer<typeof match>;

/** `configurations` of NVD's API 2.0. https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema */
export const configurations = z
  .array(
    z.object({
      operator: z.enum(['AND', 'OR']).optional(),
      negate: z.boolean().optional(),
      nodes: z
        .array(
          z.object({
            operator: z.enum(['AND', 'OR']),
            negate: z.boolean().optional(),
            cpeMatch: z.array(match).max(LIST_MAX),
          }),
        )
        .max(LIST_MAX),
    }),
  )
  .max(LIST_MAX);
export type Configurations = z.infer<typeof configurations>;

/**
 * The applications that configurations call vulnerable, an entry per product. Operating systems and hardware are not taken:
 * a system's own advisories know its builds. Nor is what runs only inside of another program or on another system than an
 * image's (`target_sw`: plug-ins of WordPress, apps of Android), for no program found by its file is one. Where a flaw is there
 * only in combination (AND, negate), what else is needed can't be seen from the program: undetermined.
 */
export function affectedByCpe(document: Configurations): readonly AffectedPackage[] {
  const entries = new Map<string, Collected>();
  for (const configuration of document) {
    for (const node of configuration.nodes) {
      const isSimple =
        configuration.negate !== true &&
        node.negate !== true &&
        (configuration.operator !== 'AND' || configuration.nodes.length === 1) &&
        (node.operator === 'OR' || node.cpeMatch.length === 1);
      for (const one of node.cpeMatch) collect(entries, one, isSimple ? 'affected' : 'undetermined');
    }
  }
  return [...entries.values()].map(toAffected);
}

interface Collected {
  readonly name: string;
  readonly status: 'affected' | 'undetermined';
  readonly ranges: VersionRange[];
  readonly versions: Set<string>;
  readonly expressions: string[];
}

const TARGETS = new Set(['*', '-', 'linux', 'linux_kernel', 'unix', 'x64']);

function collect(entries: Map<string, Collected>, one: Match, status: Collected['status']): void {
  const cpe = parseCpe(one.criteria);
  // Version `-` is a product that has none.
  if (!one.vulnerable || cpe?.part !== 'a' || cpe.version === '-' || !TARGETS.has(cpe.targetSoftware)) return;
  const name = cpeName(cpe);
  const key = `${status} ${name}`;
  const entry = entries.get(key) ?? { name, status, ranges: [], versions: new Set(), expressions: [] };
  entries.set(key, entry);
  addVersions(entry, one, cpe);
}

function addVersions(entry: Collected, one: Match, cpe: Cpe): void {
  if (cpe.version !== '*') {
    entry.versions.add(cpeVersion(cpe));
    return;
  }
  const { versionStartIncluding: from, versionStartExcluding: after } = one;
  const { versionEndIncluding: last, versionEndExcluding: fixed } = one;
  if (after === undefined) {
    entry.ranges.push({
      introduced: from ?? null,
      fixed: fixed ?? null,
      lastAffected: fixed === undefined ? (last ?? null) : null,
    });
    return;
  }
  // Intervals begin with a version that is in them; one that is not needs the words of the scheme.
  const end = fixed === undefined ? (last === undefined ? '' : `, <= ${last}`) : `, < ${fixed}`;
  entry.expressions.push(`> ${after}${end}`);
}

function toAffected({ name, status, ranges, versions, expressions }: Collected): AffectedPackage {
  return {
    ecosystem: 'cpe',
    name,
    nameKind: 'package',
    scheme: 'generic',
    ranges,
    versions: [...versions],
    expression: expressions.length === 0 ? null : expressions.join(' || '),
    status,
    urgency: null,
  };
}
