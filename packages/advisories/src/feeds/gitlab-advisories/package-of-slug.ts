import { type SchemeId, swiftName } from '@hullcheck/core';

interface Named {
  readonly ecosystem: string;
  readonly name: string;
  readonly scheme: SchemeId;
}

const lower = (name: string) => name.toLowerCase();
const same = (name: string) => name;

type Kind = Omit<Named, 'name'> & { readonly normalize: (name: string) => string };

/** Kinds of packages as the first part of a slug names them. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['cargo', { ecosystem: 'cargo', scheme: 'cargo', normalize: same }],
  ['conan', { ecosystem: 'conan', scheme: 'conan', normalize: lower }],
  ['gem', { ecosystem: 'gem', scheme: 'gem', normalize: same }],
  // The group may hold no slash, so the last one parts group and artifact.
  ['maven', { ecosystem: 'maven', scheme: 'maven', normalize: (name) => name.replace(/\/([^/]*)$/, ':$1') }],
  ['npm', { ecosystem: 'npm', scheme: 'npm', normalize: same }],
  ['nuget', { ecosystem: 'nuget', scheme: 'nuget', normalize: lower }],
  ['packagist', { ecosystem: 'composer', scheme: 'composer', normalize: lower }],
  ['pub', { ecosystem: 'pub', scheme: 'pub', normalize: lower }],
  ['pypi', { ecosystem: 'pypi', scheme: 'pep440', normalize: (name) => lower(name).replace(/[-_.]+/g, '-') }],
  ['swift', { ecosystem: 'swift', scheme: 'semver', normalize: swiftName }],
]);

/** `maven/org.example/core`, `npm/@scope/name`, `conan/openssl`. Undefined for another kind. */
export function packageOfSlug(slug: string): Named | undefined {
  const slash = slug.indexOf('/');
  const kind = KINDS.get(slug.slice(0, slash));
  const name = slug.slice(slash + 1);
  if (kind === undefined || name === '') return undefined;
  return { ecosystem: kind.ecosystem, name: kind.normalize(name), scheme: kind.scheme };
}
