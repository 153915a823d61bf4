import { visitXml } from '../../formats/xml/index.ts';
import { javaLimits } from './limits.ts';

export interface PomDependency {
  readonly group: string;
  readonly artifact: string;
  readonly version: string | undefined;
  readonly scope: string | undefined;
  readonly type: string | undefined;
}

/** A project object model as written: nothing inherited, nothing interpolated. */
export interface Pom {
  readonly group: string | undefined;
  readonly artifact: string | undefined;
  readonly version: string | undefined;
  readonly parent: { readonly group: string | undefined; readonly version: string | undefined };
  /** Name of each licence, or its address. */
  readonly licenses: readonly string[];
  readonly properties: ReadonlyMap<string, string>;
  readonly dependencies: readonly PomDependency[];
  /** What `dependencyManagement` says of dependencies that state no version or scope themselves, by `group:artifact` as written. */
  readonly managed: ReadonlyMap<string, PomDependency>;
}

const decoder = new TextDecoder('utf-8');

/** The model, or undefined when the bytes are no pom.xml. https://maven.apache.org/ref/current/maven-model/maven.html */
export function parsePom(bytes: Uint8Array): Pom | undefined {
  const fields = new Map<string, string>();
  const properties = new Map<string, string>();
  const licenses: string[] = [];
  const dependencies: PomDependency[] = [];
  const managed = new Map<string, PomDependency>();
  let item = new Map<string, string>();
  visitXml(decoder.decode(bytes), {
    open(path) {
      const last = path[path.length - 1];
      if (last === 'dependency' || last === 'license') item = new Map();
    },
    close(path, text) {
      if (path[0] !== 'project') return;
      const place = path.join('/');
      if (path.length <= 3 && WANTED.has(place)) fields.set(place, text);
      else if (path.length === 3 && path[1] === 'properties') {
        if (properties.size < javaLimits.propertiesPerPomMax) properties.set(path[2] ?? '', text);
      } else if (place === 'project/licenses/license') {
        const license = item.get('name') || item.get('url');
        if (license !== undefined && license !== '') licenses.push(license);
      } else if (place === 'project/dependencies/dependency') {
        const dependency = toDependency(item);
        if (dependency !== undefined && dependencies.length < javaLimits.dependenciesPerPomMax)
          dependencies.push(dependency);
      } else if (place === 'project/dependencyManagement/dependencies/dependency') {
        const dependency = toDependency(item);
        const key = dependency === undefined ? '' : managementKey(dependency);
        if (dependency !== undefined && managed.size < javaLimits.dependenciesPerPomMax && !managed.has(key))
          managed.set(key, dependency);
      } else if (ITEM.test(place)) item.set(path[path.length - 1] ?? '', text);
    },
  });
  if (!fields.has('project/artifactId')) return undefined;
  return {
    group: fields.get('project/groupId'),
    artifact: fields.get('project/artifactId'),
    version: fields.get('project/version'),
    parent: { group: fields.get('project/parent/groupId'), version: fields.get('project/parent/version') },
    licenses,
    properties,
    dependencies,
    managed,
  };
}

const WANTED = new Set([
  'project/groupId',
  'project/artifactId',
  'project/version',
  'project/parent/groupId',
  'project/parent/version',
]);
/** Fields of the entries of lists. */
const ITEM = /^project\/(?:licenses\/license|(?:dependencyManagement\/)?dependencies\/dependency)\/[^/]+$/;

function toDependency(item: ReadonlyMap<string, string>): PomDependency | undefined {
  const [group, artifact] = [item.get('groupId'), item.get('artifactId')];
  if (group === undefined || artifact === undefined) return undefined;
  return { group, artifact, version: item.get('version'), scope: item.get('scope'), type: item.get('type') };
}

function managementKey({ group, artifact }: Pick<PomDependency, 'group' | 'artifact'>): string {
  return `${group}:${artifact}`;
}

/** What management says of a dependency. */
export function managementOf(pom: Pom, dependency: PomDependency): PomDependency | undefined {
  return pom.managed.get(managementKey(dependency));
}

/** Whether the dependency is there when the program runs: scopes test, provided, system and import are not. */
export function isNeededAtRunTime(pom: Pom, dependency: PomDependency): boolean {
  const scope = dependency.scope ?? managementOf(pom, dependency)?.scope ?? 'compile';
  return scope === 'compile' || scope === 'runtime' || scope === '';
}

/**
 * The value with its `${…}` replaced by properties and coordinates of the same file; undefined where one stays open: its value lies
 * in another file, a profile or the command line, and is not guessed.
 */
export function interpolate(pom: Pom, value: string | undefined): string | undefined {
  let text = value;
  for (let round = 0; text?.includes('${') === true; round++) {
    if (round >= javaLimits.interpolationRoundsMax) return undefined;
    let open = !REFERENCE.test(text);
    // Properties that name each other twice would double a value with each round.
    let left: number = javaLimits.interpolatedCharsMax;
    text = text.replaceAll(REFERENCES, (_, name: string) => {
      const found = pom.properties.get(name) ?? builtIn(pom, name);
      left -= found?.length ?? 0;
      if (found !== undefined && left >= 0) return found;
      open = true;
      return '';
    });
    if (open) return undefined;
  }
  return text;
}

const REFERENCE = /\$\{[^${}]*\}/;
const REFERENCES = /\$\{([^${}]*)\}/g;

function builtIn(pom: Pom, name: string): string | undefined {
  switch (name.replace(/^(?:project|pom)\./, '')) {
    case 'version':
      return pom.version ?? pom.parent.version;
    case 'groupId':
      return pom.group ?? pom.parent.group;
    case 'artifactId':
      return pom.artifact;
    case 'parent.version':
      return pom.parent.version;
    case 'parent.groupId':
      return pom.parent.group;
    default:
      return undefined;
  }
}
