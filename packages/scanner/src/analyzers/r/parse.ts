import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { toVcsUrl } from '../../formats/repository-address.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

const BIOCONDUCTOR = 'https://bioconductor.org';
const LIBRARY = /(?:^|\/)(?:site-)?library\/(?:[^/]+\/){0,2}[^/]+\/DESCRIPTION$/;
const NEEDS = ['depends', 'imports', 'linkingto'];

/**
 * DESCRIPTION of an installed package, which `R CMD INSTALL` gives a field `Built`: sources and other programs' files of this name
 * have none. https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file
 */
export function parseDescription(bytes: Uint8Array, path: string): LockResult | undefined {
  const fields = parseFields(new TextDecoder('utf-8').decode(bytes));
  const name = fields.get('package');
  const version = fields.get('version');
  if (!fields.has('built') || name === undefined || version === undefined) {
    const broken = LIBRARY.test(path) && !(name !== undefined && version !== undefined);
    return broken ? { fault: 'the file names no package and version, as R writes it', code: 'unreadable' } : undefined;
  }
  const locked = new LockedPackages();
  if (fields.get('priority') !== 'base') {
    const license = fields.get('license');
    locked.add({
      name,
      version,
      dev: false,
      direct: null,
      needs: NEEDS.flatMap((field) => namesIn(fields.get(field) ?? '')),
      qualifiers: originOf((field) => fields.get(field.toLowerCase())),
      licenses: license === undefined ? [] : [license],
    });
  }
  return locked.result();
}

/** renv.lock: JSON with the packages by name. https://rstudio.github.io/renv/articles/lockfile.html */
export function parseRenvLock(bytes: Uint8Array): LockResult {
  const document = parseJsonObject(bytes);
  const packages = document === undefined ? undefined : objectOf(document, 'Packages');
  if (packages === undefined)
    return { fault: 'the file is not JSON with Packages, as renv writes it', code: 'unreadable' };
  const entries = Object.values(packages).flatMap((value): readonly JsonObject[] => {
    const entry = toObject(value);
    return entry === undefined || LOCAL.has(stringOf(entry, 'Source') ?? '') ? [] : [entry];
  });
  const versions = new Map(entries.map((entry) => [stringOf(entry, 'Package'), entry]));
  const locked = new LockedPackages();
  const keyed = (name: string): readonly string[] => {
    const entry = versions.get(name);
    const version = entry === undefined ? undefined : stringOf(entry, 'Version');
    return entry === undefined || version === undefined ? [] : [`${name}@${version}${originKey(entry)}`];
  };
  for (const entry of entries) {
    const needs = ['Requirements', 'Depends', 'Imports', 'LinkingTo'].flatMap((field) => textsIn(entry, field));
    locked.add({
      name: stringOf(entry, 'Package') ?? '',
      version: stringOf(entry, 'Version'),
      dev: false,
      direct: null,
      needs: needs.flatMap((need) => namesIn(need)).flatMap(keyed),
      qualifiers: originOf((field) => stringOf(entry, field)),
    });
  }
  return locked.result();
}

/** What the project's own author put together. */
const LOCAL = new Set(['Local', 'unknown']);

function originKey(entry: JsonObject): string {
  const [pair] = Object.entries(originOf((field) => stringOf(entry, field)));
  return pair?.[1] === undefined ? '' : `?${pair[0]}=${pair[1]}`;
}

/** Packages that CRAN does not have under this name and version: from Bioconductor, or from a repository by one of its tools. */
function originOf(field: (name: string) => string | undefined): { readonly [key: string]: string | undefined } {
  const source = `${field('Source') ?? ''} ${field('Repository') ?? ''}`;
  if (source.includes('Bioconductor') || field('git_url')?.startsWith('https://git.bioconductor.org/') === true) {
    return { repository_url: BIOCONDUCTOR };
  }
  const [user, repository] = [field('RemoteUsername'), field('RemoteRepo')];
  const host = HOSTS.get(field('RemoteType') ?? '') ?? field('RemoteHost');
  const named = host !== undefined && user !== undefined && repository !== undefined;
  const url = named
    ? `https://${host}/${user}/${repository}`
    : REPOSITORY.has(field('RemoteType') ?? '')
      ? field('RemoteUrl')
      : undefined;
  return url === undefined ? {} : { vcs_url: toVcsUrl(url, field('RemoteSha')) };
}

const HOSTS: ReadonlyMap<string, string> = new Map([
  ['github', 'github.com'],
  ['gitlab', 'gitlab.com'],
  ['bitbucket', 'bitbucket.org'],
]);
const REPOSITORY = new Set(['git', 'git2r', 'xgit']);

function textsIn(entry: JsonObject, key: string): readonly string[] {
  const value = fieldOf(entry, key);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** `R (>= 3.5), methods, rlang (>= 1.1.0)` without R itself. */
function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((part) => /^\s*([A-Za-z][A-Za-z0-9.]*)/.exec(part)?.[1] ?? '')
    .filter((name) => name !== '' && name !== 'R');
}

/** Debian control fields: a line that starts with white space goes on with the field above. Keys in lower case. */
function parseFields(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      current?.push(line.trim());
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const key = line.slice(0, colon).toLowerCase();
    current = parts.has(key) ? undefined : [line.slice(colon + 1).trim()];
    if (current !== undefined) parts.set(key, current);
  }
  return new Map([...parts].map(([key, lines]) => [key, lines.join(' ').trim()]));
}
