import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { type ConanReference, parseReference, stated } from './reference.ts';

const CACHE = /(?:^|\/)\.conan\/data\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/package\/[^/]+\/conaninfo\.txt$/;
const DEPLOYED = /(?:^|\/)full_deploy\/(?:host|build)\/([^/]+)\/([^/]+)\/(?:[^/]+\/){0,3}conaninfo\.txt$/;

/** The package that a folder of a Conan 1 cache or of a deployment holds, by its path. */
export function placeOf(path: string): ConanReference | undefined {
  const [, name, version, user, channel] = CACHE.exec(path) ?? DEPLOYED.exec(path) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { name, version, qualifiers: { ...stated('user', user), ...stated('channel', channel) } };
}

/**
 * conaninfo.txt: what a package was built with, or in a project what it resolved to. `full_requires` names exact versions,
 * `requires` ranges of compatibility (`1.Y.Z`). https://docs.conan.io/1/reference/config_files/conaninfo.html
 */
export function parseConanInfo(bytes: Uint8Array, path: string): LockResult {
  const sections = parseSections(bytes);
  if (sections.size === 0) return { fault: 'the file has no sections, as Conan writes it', code: 'unreadable' };
  const required = (sections.get('full_requires') ?? []).flatMap((line) => parseReference(line) ?? []);
  const locked = new LockedPackages();
  const place = placeOf(path);
  if (place !== undefined) locked.add({ ...place, dev: false, direct: null, needs: required.map(({ name }) => name) });
  else for (const { name, version } of required) locked.add({ name, version, dev: false, direct: null });
  return locked.result();
}

/** Sections of a manifest whose packages only building or testing needs. */
const DEVELOPMENT = ['build_requires', 'tool_requires', 'test_requires'];

/** conanfile.txt: what a project asks for; ranges pin nothing. https://docs.conan.io/2/reference/conanfile_txt.html */
export function parseConanfile(bytes: Uint8Array): LockResult {
  const sections = parseSections(bytes);
  if (sections.size === 0) return { fault: 'the file has no sections, as Conan reads it', code: 'unreadable' };
  const locked = new LockedPackages();
  const add = (line: string, dev: boolean): void => {
    const reference = parseReference(line);
    if (reference !== undefined) locked.add({ ...reference, dev, direct: true });
  };
  for (const line of sections.get('requires') ?? []) add(line, false);
  for (const section of DEVELOPMENT) for (const line of sections.get(section) ?? []) add(line, true);
  return locked.result();
}

/** `[section]` and its lines, without comments: a `#` at the beginning or after white space, for revisions hold one too. */
function parseSections(bytes: Uint8Array): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const raw of new TextDecoder('utf-8').decode(bytes).split('\n')) {
    const line = raw.replace(/(?:^|[ \t])#.*$/, '').trim();
    const name = /^\[([a-z_]{1,64})\]$/.exec(line)?.[1];
    if (name !== undefined) {
      current = sections.get(name) ?? [];
      sections.set(name, current);
    } else if (line !== '') current?.push(line);
  }
  return sections;
}
