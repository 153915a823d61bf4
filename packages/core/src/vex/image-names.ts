import type { ImageFacts, Platform } from '../image.ts';
import type { OperatingSystem } from '../package.ts';
import type { Purl } from '../purl/index.ts';

/** As much of an image as statements may name it by. */
export type NamedImage = Pick<ImageFacts, 'name' | 'id' | 'source' | 'digests' | 'tags'> & {
  readonly platform: Pick<Platform, 'architecture'> | null;
};

interface Reference {
  /** With the registry: `docker.io/library/nginx`. */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

/** Everything by which a statement may name the image. */
export interface ImageNames {
  readonly references: readonly Reference[];
  readonly digests: ReadonlySet<string>;
  /** As they were written: `nginx:1.27`, `sha256:…`. */
  readonly plain: ReadonlySet<string>;
  readonly architecture: string | null;
  readonly system: OperatingSystem | null;
}

export function imageNames(image: NamedImage, system: OperatingSystem | null): ImageNames {
  const repositories = image.digests.flatMap(({ repository }) => (repository === null ? [] : [repository]));
  // The name of an archive, a folder or a list is a path; only of what a runtime or a registry gave it is a reference.
  const named = ['registry', 'docker', 'podman', 'containerd', 'agent'].includes(image.source) ? [image.name] : [];
  const written = [...named, ...image.tags, ...repositories];
  const references = written.map(readReference);
  const digests = new Set<string>([
    ...(image.id === null ? [] : [image.id]),
    ...image.digests.map(({ digest }) => digest),
  ]);
  return {
    references,
    digests,
    plain: new Set([image.name, ...written, ...digests]),
    architecture: image.platform?.architecture ?? null,
    system,
  };
}

/** Whether the purl (`pkg:oci/…`, `pkg:docker/…`) names the image. Whatever it says must be so; what it leaves out is free. */
export function isPurlOfImage(purl: Purl, names: ImageNames): boolean {
  if (purl.type !== 'oci' && purl.type !== 'docker') return false;
  const { repository_url: url, tag, arch, ...others } = purl.qualifiers;
  if (Object.keys(others).length > 0) return false;
  if (arch !== undefined && arch !== names.architecture) return false;
  const path = [purl.namespace, purl.name].filter((part) => part !== null).join('/');
  const fitting = names.references.filter(
    (reference) => isRepository(reference.repository, path, url) && (tag === undefined || reference.tag === tag),
  );
  if (purl.version === null) return fitting.length > 0;
  if (!purl.version.includes(':')) return fitting.some((reference) => reference.tag === purl.version);
  // A digest alone says which image it is: an archive has no repository that the purl's could be compared with.
  if (!names.digests.has(purl.version)) return false;
  return fitting.length > 0 || (names.references.length === 0 && tag === undefined);
}

/** Whether a plain name (a reference, a digest) names the image. */
export function isNameOfImage(name: string, names: ImageNames): boolean {
  if (names.plain.has(name) || names.digests.has(name)) return true;
  if (name.startsWith('cpe:')) return names.system !== null && isCpeOfSystem(name, names.system);
  if (!/^[\w.:@/-]+$/.test(name) || name.startsWith('pkg:') || name.includes('://')) return false;
  const wanted = readReference(name);
  if (wanted.digest !== null) {
    return (
      names.digests.has(wanted.digest) && names.references.some(({ repository }) => repository === wanted.repository)
    );
  }
  return names.references.some(
    ({ repository, tag }) => repository === wanted.repository && (wanted.tag === null || tag === wanted.tag),
  );
}

/**
 * `repository_url` names the repository with or without the image's own name. Without it the path counts from its end:
 * `pkg:oci/nginx` is any nginx, `pkg:docker/dhi/redis` any `…/dhi/redis`.
 */
function isRepository(repository: string, path: string, url: string | undefined): boolean {
  if (url === undefined) return repository === path || repository.endsWith(`/${path}`);
  return repository === repositoryOf(placeOf(url)) || repository === repositoryAt(url, path);
}

/** The repository of `path` at a `repository_url`, which names the registry, a folder of it, or the repository itself. */
export function repositoryAt(url: string, path: string): string {
  const place = placeOf(url);
  return repositoryOf(place === path || place.endsWith(`/${path}`) ? place : `${place}/${path}`);
}

const placeOf = (url: string) => url.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** https://github.com/distribution/reference: a first part with a dot, a colon, or `localhost` is the registry. */
export function readReference(text: string): Reference {
  const [name = '', digest] = text.split('@');
  const slash = name.lastIndexOf('/');
  const colon = name.indexOf(':', slash + 1);
  const hasTag = colon !== -1;
  return {
    repository: repositoryOf(hasTag ? name.slice(0, colon) : name),
    tag: hasTag ? name.slice(colon + 1) : null,
    digest: digest ?? null,
  };
}

function repositoryOf(name: string): string {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const hasRegistry = first === 'localhost' || /[.:]/.test(first);
  const registry = hasRegistry ? first.replace(/^(?:index|registry-1)\.docker\.io$/, 'docker.io') : 'docker.io';
  const path = hasRegistry ? name.slice(slash + 1) : name;
  return registry === 'docker.io' && !path.includes('/') ? `docker.io/library/${path}` : `${registry}/${path}`;
}

/** Vendors' CSAF names releases by CPE: `cpe:/o:redhat:enterprise_linux:9::baseos`, `cpe:/o:suse:sles:15:sp6`. */
function isCpeOfSystem(cpe: string, { id, version }: OperatingSystem): boolean {
  const [vendor = '', product = '', release = '', update = ''] = cpe.replace(/^cpe:(?:\/|2\.3:)[aoh]:/, '').split(':');
  const wanted = update.startsWith('sp') ? `${release}.${update.slice(2)}` : release;
  if (wanted === '') return false;
  if (vendor === 'redhat' && product === 'enterprise_linux')
    return id === 'rhel' && (version === wanted || (!wanted.includes('.') && version.startsWith(`${wanted}.`)));
  if (vendor === 'suse' && (product === 'sles' || product === 'sled')) return id === product && version === wanted;
  return vendor === 'opensuse' && product === 'leap' && id === 'opensuse-leap' && version === wanted;
}
