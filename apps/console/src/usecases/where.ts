import { Fault, parsePurl, satisfies, schemeOfType } from '@hullcheck/core';
import type { Queryable } from '../store/database.ts';
import type { ScopeView } from '../store/scope.ts';
import {
  byFile,
  byLayer,
  bySubjects,
  findPlaces,
  findSubjectsByName,
  type NamedSubject,
  type Places,
} from '../store/where.ts';

export interface WhereQuestion {
  readonly package?: string | undefined;
  readonly type?: string | undefined;
  readonly version?: string | undefined;
  readonly purl?: string | undefined;
  readonly layer?: string | undefined;
  readonly file?: string | undefined;
  /** Of images, and of what is listed beside them. */
  readonly limit: number;
}

export interface WhereAnswer extends Places {
  readonly versions: readonly string[];
  /** Packages whose version can't be compared with the range: neither listed nor ruled out. */
  readonly undetermined: number;
}

const VERSIONS_MAX = 100;

/** Where a package, a layer or a file is. Throws `invalid-input` where not exactly one is asked for. */
export async function findWhere(database: Queryable, view: ScopeView, asked: WhereQuestion): Promise<WhereAnswer> {
  const kinds = [asked.package, asked.purl, asked.layer, asked.file].filter((value) => value !== undefined);
  if (kinds.length !== 1)
    throw new Fault('invalid-input', 'name exactly one of package, purl, layer and file', { place: 'query' });
  if (asked.layer !== undefined)
    return {
      ...(await findPlaces(database, view, byLayer(asked.layer.trim()), asked.limit)),
      versions: [],
      undetermined: 0,
    };
  if (asked.file !== undefined) {
    const text = asked.file.trim();
    const hash = /^(?:sha(?:1|256):)?([0-9a-f]{40}|[0-9a-f]{64})$/i.exec(text)?.[1]?.toLowerCase();
    const found = byFile(hash ?? text.replace(/^\/+/, ''));
    return { ...(await findPlaces(database, view, found, asked.limit)), versions: [], undetermined: 0 };
  }
  const { subjects, undetermined } = await findSubjects(database, asked);
  const places = await findPlaces(database, view, bySubjects(subjects.map(({ id }) => id)), asked.limit);
  const versions = [...new Set(subjects.map(({ version }) => version))].sort().slice(0, VERSIONS_MAX);
  return { ...places, versions, undetermined };
}

async function findSubjects(
  database: Queryable,
  asked: WhereQuestion,
): Promise<{ readonly subjects: readonly NamedSubject[]; readonly undetermined: number }> {
  const purl = asked.purl === undefined ? undefined : parsePurl(asked.purl.trim());
  if (asked.purl !== undefined && purl === undefined)
    throw new Fault('invalid-input', 'this is no purl', {
      place: 'purl',
      hint: 'A purl looks like pkg:npm/lodash@4.17.20.',
    });
  const name = purl === undefined ? (asked.package ?? '').trim() : nameOfPurl(purl);
  const all = await findSubjectsByName(database, name, purl?.type ?? asked.type ?? null);
  if (purl?.version != null) {
    const wanted = purl.version;
    return { subjects: all.filter(({ version }) => version === wanted), undetermined: 0 };
  }
  const range = asked.version?.trim() ?? '';
  if (range === '') return { subjects: all, undetermined: 0 };
  const judged = all.map((subject) => ({
    subject,
    // Whoever asks for a source package means its version, which that of a binary may differ from.
    inside: satisfies(
      schemeOfType(subject.type),
      subject.bySource ? (subject.sourceVersion ?? subject.version) : subject.version,
      range,
    ),
  }));
  return {
    subjects: judged.filter(({ inside }) => inside === true).map(({ subject }) => subject),
    undetermined: judged.filter(({ inside }) => inside === undefined).length,
  };
}

/** As its ecosystem writes it: of a distribution's package without the distribution. */
function nameOfPurl(purl: NonNullable<ReturnType<typeof parsePurl>>): string {
  const bare = ['deb', 'rpm', 'apk', 'alpm'].includes(purl.type) || purl.namespace == null || purl.namespace === '';
  if (bare) return purl.name;
  return `${purl.namespace}${purl.type === 'maven' ? ':' : '/'}${purl.name}`;
}
