import { type Package, parsePurl } from '@hullcheck/core';
import { cleanText } from '../analyzers/foreign-text.ts';
import { DEBIAN_RELEASES } from '../analyzers/release-key.ts';
import { rpmContentSets, rpmDistribution, rpmModule, rpmSource } from './rpm-purl.ts';

const DISTRIBUTION_TYPES = new Set(['deb', 'apk', 'rpm', 'alpm', 'opkg']);

/** `debian-12`, `bookworm` (the specification's own examples) and `12` → debian, 12; `alpine-3.20.1` → alpine, 3.20. */
function distributionOf(namespace: string, distro: string | undefined): Package['distribution'] {
  if (namespace === '') return null;
  const stated = distro ?? '';
  const match = /^(?:([a-z][a-z0-9_.]*)-)?(v?\d[\w.]*|[a-z]+)$/i.exec(stated);
  const release = match?.[2] ?? '';
  const id = match?.[1] ?? namespace;
  if (id === 'alpine') return { id, release: /^v?(\d+\.\d+)/.exec(release)?.[1] ?? (release === '' ? '' : 'edge') };
  if (id === 'debian') return { id, release: /^\d+/.exec(release)?.[0] ?? DEBIAN_RELEASES.get(release) ?? release };
  return { id, release };
}

/** The source package that the `upstream` qualifier names: `name`, or `name@version`. Without one the package is its own source. */
function sourceOf(name: string, version: string, upstream: string | undefined): Package['source'] {
  if (upstream === undefined || upstream === '') return { name, version };
  const at = upstream.lastIndexOf('@');
  return at > 0 ? { name: upstream.slice(0, at), version: upstream.slice(at + 1) } : { name: upstream, version };
}

/** Between namespace and name, as the ecosystem itself writes them: Maven's coordinates are `group:artifact`. */
const separatorOf = (type: string) => (type === 'maven' ? ':' : '/');

/** A Debian binary version without the binNMU suffix is its source's version unless the purl says otherwise. */
const withoutBinNmu = (version: string) => version.replace(/\+b\d+$/, '');

/**
 * The parts of a purl; undefined where it is none. Percent-encoding hides control characters from a look at the text, and its parts
 * reach terminals, and a database that refuses U+0000.
 */
export function parsePlainPurl(text: string): ReturnType<typeof parsePurl> {
  const parts = parsePurl(text);
  if (parts === undefined) return undefined;
  const texts = [parts.namespace, parts.name, parts.version, parts.subpath, ...Object.values(parts.qualifiers ?? {})];
  return texts.every((part) => typeof part !== 'string' || cleanText(part, part.length) === part) ? parts : undefined;
}

/**
 * The package that a purl names, or undefined where it is no purl or has no version to judge.
 * Qualifiers read: `arch`, `distro`, `upstream`, `epoch`, `rpmmod`, `repository_id`. https://github.com/package-url/purl-spec
 */
export function packageOfPurl(text: string, analyzer: string, licenses: readonly string[] = []): Package | undefined {
  const purl = parsePlainPurl(text);
  if (purl === undefined || purl.version === null || purl.version === undefined || purl.version === '')
    return undefined;
  const { type, name } = purl;
  const namespace = purl.namespace ?? '';
  const qualifiers: { readonly [key: string]: string | undefined } = purl.qualifiers ?? {};
  const distribution = DISTRIBUTION_TYPES.has(type);
  const version =
    qualifiers.epoch !== undefined && qualifiers.epoch !== '0' && distribution && !purl.version.includes(':')
      ? `${qualifiers.epoch}:${purl.version}`
      : purl.version;
  return {
    purl: text,
    type,
    name: distribution || namespace === '' ? name : `${namespace}${separatorOf(type)}${name}`,
    version,
    architecture: qualifiers.arch ?? null,
    ...(type === 'rpm'
      ? {
          source: rpmSource({ name, version }, qualifiers),
          distribution: rpmDistribution(namespace, qualifiers.distro),
        }
      : {
          source: distribution
            ? sourceOf(name, type === 'deb' ? withoutBinNmu(version) : version, qualifiers.upstream)
            : null,
          distribution: distribution ? distributionOf(namespace, qualifiers.distro) : null,
        }),
    licenses,
    layer: null,
    paths: [],
    direct: null,
    ownedBy: null,
    analyzer,
    ...(type === 'rpm' ? { ...rpmModule(qualifiers), ...rpmContentSets(qualifiers) } : {}),
  };
}
