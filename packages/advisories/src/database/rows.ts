import type {
  Advisory,
  AdvisoryStatus,
  AffectedPackage,
  ExploitState,
  SchemeId,
  VersionRange,
  VulnerabilityFacts,
} from '@hullcheck/core';
import * as z from 'zod';
import type { FactsPart } from '../feeds/feed.ts';

/**
 * How advisories and facts lie in their rows. Bodies are JSON with short keys and nothing that the key of the row or
 * the ecosystem already says; zod reads them back, because a database file may come from anywhere.
 */

const range = z.tuple([z.string().nullable(), z.string().nullable(), z.string().nullable()]);
const affectedBody = z.object({
  /** Name as the source writes it, where the lookup name differs. */
  n: z.string().optional(),
  k: z.enum(['source', 'binary', 'package']).optional(),
  c: z.custom<SchemeId>((value) => typeof value === 'string'),
  r: z.array(range).optional(),
  v: z.array(z.string()).optional(),
  e: z.string().optional(),
  s: z.custom<AdvisoryStatus>((value) => typeof value === 'string').optional(),
  u: z.string().optional(),
  m: z.string().optional(),
  p: z.string().optional(),
  /** Architectures. */
  h: z.array(z.string()).optional(),
});
const advisoryBody = z.object({
  a: z.array(z.string()).optional(),
  p: z.string().optional(),
  m: z.string().optional(),
  w: z.string().optional(),
  c: z.array(z.tuple([z.string(), z.string()])).optional(),
  r: z.array(z.tuple([z.string(), z.string()])).optional(),
  g: z.array(z.string()).optional(),
});
const factsBody = z.object({
  p: z.string().optional(),
  /** Score, vector, source. */
  c: z.tuple([z.number(), z.string().nullable(), z.string()]).optional(),
  /** Probability, day, model. */
  e: z.tuple([z.number(), z.string(), z.string().nullable()]).optional(),
  /** Day of addition, ransomware as 0 or 1. */
  k: z.tuple([z.string(), z.number()]).optional(),
  x: z.enum(['none', 'poc', 'weaponized', 'attacked']).optional(),
  g: z.array(z.string()).optional(),
  /** SSVC: exploitation, automatable as 0 or 1, technical impact. */
  v: z.tuple([z.enum(['none', 'poc', 'active']), z.number(), z.enum(['partial', 'total'])]).optional(),
  /** State of the id, day of the record. */
  s: z.tuple([z.enum(['published', 'disputed', 'rejected']), z.string()]).optional(),
});

/** The name under which a package is looked up. Go's paths are found in any case: purls are written in lower case. */
export function lookupName(ecosystem: string, name: string): string {
  return ecosystem === 'golang' ? name.toLowerCase() : name;
}

export function writeAffected(affected: AffectedPackage): string {
  const key = lookupName(affected.ecosystem, affected.name);
  return JSON.stringify({
    n: affected.name === key ? undefined : affected.name,
    k: affected.nameKind === 'package' ? undefined : affected.nameKind,
    c: affected.scheme,
    r: filled(affected.ranges.map(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected])),
    v: filled(affected.versions),
    e: affected.expression ?? undefined,
    s: affected.status === 'affected' ? undefined : affected.status,
    u: affected.urgency ?? undefined,
    m: affected.module,
    p: affected.product,
    h: affected.architectures,
  });
}

export function readAffected(ecosystem: string, name: string, text: string): AffectedPackage {
  const body = affectedBody.parse(JSON.parse(text));
  return {
    ecosystem,
    name: body.n ?? name,
    nameKind: body.k ?? 'package',
    scheme: body.c,
    ranges: (body.r ?? []).map(
      ([introduced, fixed, lastAffected]): VersionRange => ({ introduced, fixed, lastAffected }),
    ),
    versions: body.v ?? [],
    expression: body.e ?? null,
    status: body.s ?? 'affected',
    urgency: body.u ?? null,
    ...(body.m === undefined ? {} : { module: body.m }),
    ...(body.p === undefined ? {} : { product: body.p }),
    ...(body.h === undefined ? {} : { architectures: body.h }),
  };
}

/** Null when the advisory says nothing beside who is affected. */
export function writeAdvisory(advisory: Advisory): string | null {
  const text = JSON.stringify({
    a: filled(advisory.aliases),
    p: advisory.published ?? undefined,
    m: advisory.modified ?? undefined,
    w: advisory.withdrawn ?? undefined,
    c: filled(advisory.cvss.map(({ vector, source }) => [vector, source])),
    r: filled(advisory.references.map(({ source, url }) => [source, url])),
    g: filled(advisory.categories),
  });
  return text === '{}' ? null : text;
}

export function readAdvisory(
  feed: string,
  id: string,
  text: string | null,
  affected: readonly AffectedPackage[],
): Advisory {
  const body = text === null ? {} : advisoryBody.parse(JSON.parse(text));
  return {
    id,
    feed,
    aliases: body.a ?? [],
    published: body.p ?? null,
    modified: body.m ?? null,
    withdrawn: body.w ?? null,
    cvss: (body.c ?? []).map(([vector, source]) => ({ vector, source })),
    references: (body.r ?? []).map(([source, url]) => ({ source, url })),
    categories: body.g ?? [],
    affected,
  };
}

/** What two records of one feed say under the same id, together. */
export function mergeAdvisories(a: Advisory, b: Advisory): Advisory {
  return {
    ...a,
    aliases: distinct([...a.aliases, ...b.aliases], (alias) => alias),
    published: a.published ?? b.published,
    modified: a.modified ?? b.modified,
    withdrawn: a.withdrawn ?? b.withdrawn,
    cvss: distinct([...a.cvss, ...b.cvss], ({ vector }) => vector),
    references: distinct([...a.references, ...b.references], ({ url }) => url),
    categories: distinct([...a.categories, ...b.categories], (id) => id),
  };
}

export function writeFacts(facts: FactsPart): string {
  return JSON.stringify({
    p: facts.published ?? undefined,
    c: facts.cvss ? [facts.cvss.score, facts.cvss.vector, facts.cvss.source] : undefined,
    e: facts.epss ? [facts.epss.probability, facts.epss.date, facts.epss.model] : undefined,
    k: facts.kev ? [facts.kev.addedAt, facts.kev.ransomware ? 1 : 0] : undefined,
    x: facts.exploit,
    g: filled(facts.categories ?? []),
    v: facts.ssvc ? [facts.ssvc.exploitation, facts.ssvc.automatable ? 1 : 0, facts.ssvc.technicalImpact] : undefined,
    s: facts.state ? [facts.state.is, facts.state.asOf] : undefined,
  });
}

const EXPLOIT_ORDER: readonly ExploitState[] = ['none', 'poc', 'weaponized', 'attacked'];

/**
 * The parts of several feeds as one: the first date and score and decision points, the newest EPSS and state of the id, the worst
 * exploit state, all categories.
 */
export function readFacts(id: string, texts: readonly string[]): VulnerabilityFacts {
  let facts: VulnerabilityFacts = {
    id,
    published: null,
    cvss: null,
    epss: null,
    kev: null,
    exploit: 'none',
    categories: [],
  };
  for (const text of texts) {
    const body = factsBody.parse(JSON.parse(text));
    const state = body.s && { is: body.s[0], asOf: body.s[1] };
    const ssvc =
      facts.ssvc ?? (body.v && { exploitation: body.v[0], automatable: body.v[1] === 1, technicalImpact: body.v[2] });
    const newest =
      facts.state === undefined || (state !== undefined && state.asOf > facts.state.asOf) ? state : facts.state;
    const epss = body.e && { probability: body.e[0], date: body.e[1], model: body.e[2] };
    facts = {
      id,
      published: facts.published ?? body.p ?? null,
      cvss: facts.cvss ?? (body.c ? { score: body.c[0], vector: body.c[1], source: body.c[2] } : null),
      epss: epss !== undefined && (facts.epss === null || epss.date > facts.epss.date) ? epss : facts.epss,
      kev: facts.kev ?? (body.k ? { addedAt: body.k[0], ransomware: body.k[1] === 1 } : null),
      exploit: worst(facts.exploit, body.x ?? 'none'),
      categories: distinct([...facts.categories, ...(body.g ?? [])], (category) => category),
      ...(ssvc === undefined ? {} : { ssvc }),
      ...(newest === undefined ? {} : { state: newest }),
    };
  }
  return facts;
}

function worst(a: ExploitState, b: ExploitState): ExploitState {
  return EXPLOIT_ORDER.indexOf(b) > EXPLOIT_ORDER.indexOf(a) ? b : a;
}

const SEQUENCE = 100_000_000;

/** `CVE-2024-1234` as a number; undefined for any other id. */
export function cveNumber(id: string): number | undefined {
  const match = /^CVE-(\d{4})-(\d{4,8})$/.exec(id);
  return match === null ? undefined : Number(match[1]) * SEQUENCE + Number(match[2]);
}

export function cveId(number: number): string {
  return `CVE-${Math.floor(number / SEQUENCE)}-${String(number % SEQUENCE).padStart(4, '0')}`;
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function distinct<T>(list: readonly T[], key: (value: T) => string): readonly T[] {
  return [...new Map(list.map((value) => [key(value), value])).values()];
}
