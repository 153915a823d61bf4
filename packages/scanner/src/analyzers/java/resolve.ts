import type { ImageView, Package, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import { type Coordinates, mavenName } from './coordinates.ts';
import type { JavaArchive, JavaEvidence, JavaPackage } from './evidence.ts';

type View = ImageView<JavaEvidence>;
type File = ViewFile<JavaEvidence>;

/** What lies in the image; and of each project that has nothing of it there, what its build files pin. */
export function resolveJava(view: View): Resolution {
  const packages: Package[] = [];
  const relations: Relation[] = [];
  const folders = new NeedsByFolder();
  for (const file of view.files) {
    if (file.evidence.kind === 'build') continue;
    const since = presentSince(file, keysOf);
    const put = (found: JavaPackage, path: string, direct: boolean | null): string => {
      const pkg = toPackage(found, { view, file, layer: since.get(keyOf(found)), direct });
      packages.push({ ...pkg, paths: [path] });
      return pkg.purl;
    };
    if (file.evidence.kind === 'unpacked') put(file.evidence.package, file.path, null);
    else appendAll(relations, resolveArchives(file.path, file.evidence.archives, put, folders));
  }
  appendAll(relations, folders.relations());
  appendAll(packages, resolveBuilds(view));
  return { packages, problems: [], relations };
}

type Put = (found: JavaPackage, path: string, direct: boolean | null) => string;

/** Archives inside one file form one application: what one of them needs is another of them. */
function resolveArchives(
  path: string,
  archives: readonly JavaArchive[],
  put: Put,
  folders: NeedsByFolder,
): readonly Relation[] {
  const application = archives[0]?.path === '' ? archives[0].packages.find(({ own }) => own === true) : undefined;
  const asked = application?.needs === undefined ? undefined : new Set(application.needs);
  const scope = new NeedsScope();
  for (const archive of archives) {
    const inside = archive.path === '' ? path : `${path}!/${archive.path}`;
    for (const found of archive.packages) {
      const direct = asked === undefined || found === application ? null : asked.has(mavenName(found));
      const purl = put(found, inside, direct);
      scope.add(found, purl);
      if (archive.path === '') folders.add(path, found, purl);
    }
  }
  return scope.relations();
}

/** Packages among which one finds what it needs. */
class NeedsScope {
  readonly #purls = new Map<string, string>();
  readonly #needs: { readonly from: string; readonly names: readonly string[] }[] = [];

  add(found: JavaPackage, purl: string): void {
    this.#purls.set(mavenName(found), purl);
    if (found.needs !== undefined) this.#needs.push({ from: purl, names: found.needs });
  }

  relations(): readonly Relation[] {
    return this.#needs.flatMap(({ from, names }) =>
      names.flatMap((name) => {
        const to = this.#purls.get(name);
        return to === undefined || to === from ? [] : [{ from, to }];
      }),
    );
  }
}

/** Archives side by side in one folder, as in `lib/` of an application. */
class NeedsByFolder {
  readonly #scopes = new Map<string, NeedsScope>();

  add(path: string, found: JavaPackage, purl: string): void {
    const folder = folderOf(path);
    const scope = this.#scopes.get(folder) ?? new NeedsScope();
    this.#scopes.set(folder, scope);
    scope.add(found, purl);
  }

  relations(): readonly Relation[] {
    return [...this.#scopes.values()].flatMap((scope) => scope.relations());
  }
}

/** Where builds leave what they made; below the root folder only these count, because everything lies below it. */
const OUTPUT = /^(?:target|build|lib|libs)\//;
/** Programs that fetch the build tool; they are no part of what is built. */
const WRAPPER = /(?:^|\/)(?:gradle-wrapper|maven-wrapper)\.jar$/;

function resolveBuilds(view: View): readonly Package[] {
  const built = new Set<string>();
  for (const { path, evidence } of view.files) {
    if (evidence.kind !== 'archives' || evidence.archives.length === 0 || WRAPPER.test(path)) continue;
    for (let folder = folderOf(path); folder !== '' && !built.has(folder); folder = folderOf(folder)) built.add(folder);
    if (OUTPUT.test(path)) built.add('');
  }
  return view.files.flatMap((file) => {
    if (file.evidence.kind !== 'build' || built.has(projectOf(file.path))) return [];
    const since = presentSince(file, keysOf);
    return file.evidence.packages.flatMap((locked) => {
      const [group, artifact] = locked.name.split(':');
      if (locked.dev || group === undefined || artifact === undefined) return [];
      const found = { group, artifact, version: locked.version, licenses: [] };
      return [toPackage(found, { view, file, layer: since.get(keyOf(found)), direct: locked.direct })];
    });
  });
}

/** The project's folder: files of `gradle/dependency-locks/` lie two below it. */
function projectOf(path: string): string {
  return folderOf(path).replace(/(?:^|\/)gradle\/dependency-locks$/, '');
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function toPackage(
  { group, artifact, version, licenses }: JavaPackage,
  place: {
    readonly view: View;
    readonly file: File;
    readonly layer: number | undefined;
    readonly direct: boolean | null;
  },
): Package {
  return toLanguagePackage(
    {
      type: 'maven',
      ...(group === null ? {} : { namespace: group }),
      name: artifact,
      fullName: mavenName({ group, artifact }),
      version,
      licenses,
      direct: place.direct,
    },
    { view: place.view, file: place.file, layer: place.layer, analyzer: 'java' },
  );
}

function keysOf(evidence: JavaEvidence): readonly string[] {
  switch (evidence.kind) {
    case 'archives':
      return evidence.archives.flatMap(({ packages }) => packages.map(keyOf));
    case 'unpacked':
      return [keyOf(evidence.package)];
    case 'build':
      return evidence.packages.map(({ name, version }) => `${name}\u0000${version}`);
  }
}

function keyOf(found: Coordinates): string {
  return `${mavenName(found)}\u0000${found.version}`;
}
