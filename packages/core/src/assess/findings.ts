import type { AdvisoryHit, AdvisoryLookup } from '../advisory.ts';
import type { Finding } from '../finding.ts';
import { isJudgedByOwner, lookupsOf } from '../matching/catalogue.ts';
import type { Conclusion } from '../matching/conclusion.ts';
import { concludeSubject, findingOf, gradeConclusion, isOpen, type Judgement } from '../matching/judgement.ts';
import type { LookupKey } from '../matching/matcher.ts';
import { type Subject, subjectKey, subjectOf } from '../matching/subject.ts';
import type { Package } from '../package.ts';
import type { Problem } from '../problem.ts';
import { printable } from '../reports/printable.ts';

export interface Found {
  /** By risk (highest first), id, purl. */
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  /** The advisories that name a judged subject, as they were looked up. */
  readonly advisoriesOf: (subject: Subject) => readonly AdvisoryHit[];
}

/** Judges each distinct subject once, with one look-up for all advisories and one for all facts. */
export function findFindings(packages: readonly Package[], database: AdvisoryLookup): Found {
  const places = placesBySubject(packages.filter((pkg) => !isJudgedByOwner(pkg)));
  const hits = hitsByKey(
    database,
    [...places.values()].map(({ subject }) => subject),
  );
  const open = [...places.values()].map((place) => ({
    ...place,
    conclusions: concludeSubject(place.subject, hitsOf(place.subject, hits)).filter(({ verdict }) => isOpen(verdict)),
  }));
  const facts = database.factsFor(idsOf(open.flatMap(({ conclusions }) => conclusions)));
  const findings = new Map<string, Finding>();
  const problems: Problem[] = [];
  for (const { subject, packages: found, conclusions } of open) {
    const judgements = conclusions.map((conclusion) => gradeConclusion(subject, conclusion, facts));
    for (const pkg of found) {
      for (const judgement of judgements) {
        const finding = findingOf(judgement, pkg);
        const key = `${judgement.id}\n${pkg.purl}`;
        // The same package at several places is one finding; the lowest place stands first.
        if (finding !== undefined && !findings.has(key)) findings.set(key, finding);
      }
      problems.push(...undeterminedProblem(pkg, judgements));
    }
  }
  return {
    findings: [...findings.values()].sort(byRisk),
    problems,
    advisoriesOf: (subject) => hitsOf(subject, hits),
  };
}

interface Place {
  readonly subject: Subject;
  readonly packages: readonly Package[];
}

function placesBySubject(packages: readonly Package[]): ReadonlyMap<string, Place> {
  const places = new Map<string, { subject: Subject; packages: Package[] }>();
  for (const pkg of packages) {
    const subject = subjectOf(pkg);
    const key = subjectKey(subject);
    const place = places.get(key);
    if (place === undefined) places.set(key, { subject, packages: [pkg] });
    else place.packages.push(pkg);
  }
  return places;
}

function hitsByKey(
  database: AdvisoryLookup,
  subjects: readonly Subject[],
): ReadonlyMap<string, readonly AdvisoryHit[]> {
  const keys = new Map<string, LookupKey>();
  for (const key of subjects.flatMap(lookupsOf)) keys.set(textOf(key), key);
  const hits = new Map<string, AdvisoryHit[]>();
  if (keys.size === 0) return hits;
  for (const hit of database.advisoriesFor([...keys.values()])) {
    for (const key of new Set(hit.affected.map(textOf))) {
      const known = hits.get(key);
      if (known === undefined) hits.set(key, [hit]);
      else known.push(hit);
    }
  }
  return hits;
}

function hitsOf(subject: Subject, hits: ReadonlyMap<string, readonly AdvisoryHit[]>): readonly AdvisoryHit[] {
  return [...new Set(lookupsOf(subject).flatMap((key) => hits.get(textOf(key)) ?? []))];
}

function idsOf(conclusions: readonly Conclusion[]): readonly string[] {
  return [...new Set(conclusions.map(({ group }) => group.id))].sort();
}

function textOf({ ecosystem, name }: LookupKey): string {
  return `${ecosystem}\n${name}`;
}

/** What could not be compared on this package; none where all could. */
export function undeterminedProblem(pkg: Package, judgements: readonly Judgement[]): readonly Problem[] {
  const unparsable = judgements.filter((judgement) => judgement.unparsable !== null);
  const [first] = unparsable;
  if (first === undefined) return [];
  const version = printable(pkg.version);
  const what =
    first.unparsable === first.evidence.compared
      ? `Version "${version}" of ${printable(pkg.name)} can't be read`
      : `Version "${version}" of ${printable(pkg.name)} can't be compared with "${printable(first.unparsable ?? '')}"`;
  const count = unparsable.length === 1 ? 'one advisory' : `${unparsable.length} advisories`;
  const detail = `${what}: ${count} about it can neither be confirmed nor ruled out.`;
  return [{ code: 'undetermined-version', path: pkg.paths[0] ?? null, layer: pkg.layer, detail }];
}

function byRisk(a: Finding, b: Finding): number {
  if (a.risk !== b.risk) return b.risk - a.risk;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return a.package.purl < b.package.purl ? -1 : 1;
}
