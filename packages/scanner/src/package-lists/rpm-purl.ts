import type { Package } from '@hullcheck/core';
import { identifierOf } from '../analyzers/foreign-text.ts';
import { limits } from '../analyzers/limits.ts';
import { releaseKey } from '../analyzers/release-key.ts';
import { parseSourceRpm } from '../analyzers/source-rpm.ts';

/** What other tools call distributions, by os-release's ID. Trivy names families, Syft the vendor in the namespace. */
const DISTRIBUTION_IDS: ReadonlyMap<string, string> = new Map([
  ['redhat', 'rhel'],
  ['amazon', 'amzn'],
  ['oracle', 'ol'],
  ['alma', 'almalinux'],
  ['cbl-mariner', 'mariner'],
  ['azure', 'azurelinux'],
  ['opensuse.leap', 'opensuse-leap'],
  ['opensuse.tumbleweed', 'opensuse-tumbleweed'],
  ['suse', 'sles'],
]);

/** `rocky-9.4` → rocky, 9; `opensuse-leap-15.6` → opensuse-leap, 15.6; without the qualifier the namespace, of no release. */
export function rpmDistribution(namespace: string, distro: string | undefined): Package['distribution'] {
  if (namespace === '' && distro === undefined) return null;
  const [, stated = distro, version = ''] = /^(.*?)-?(\d.*)$/.exec(distro ?? '') ?? [];
  const named = stated === undefined || stated === '' ? namespace : stated.toLowerCase();
  const id = DISTRIBUTION_IDS.get(named) ?? named;
  return id === '' ? null : { id, release: releaseKey({ id, version, name: '', codename: null }) };
}

/** `upstream` names the file of the source package, which has no epoch: that of the package is the best guess. */
export function rpmSource(
  found: Pick<Package, 'name' | 'version'>,
  qualifiers: { readonly [key: string]: string | undefined },
): Package['source'] {
  const source = parseSourceRpm(qualifiers.upstream ?? '');
  if (source === undefined) return { name: found.name, version: found.version };
  const epoch = /^\d+:/.exec(found.version)?.[0] ?? '';
  return { name: source.name, version: `${epoch}${source.version}` };
}

/** Syft writes the first, Trivy the second. */
export function rpmModule(qualifiers: { readonly [key: string]: string | undefined }): Pick<Package, 'module'> {
  const module = qualifiers.rpmmod ?? qualifiers.modularitylabel ?? '';
  return module === '' ? {} : { module };
}

/**
 * The repository that Red Hat's own bills of materials name: its products decide between a stream of extended support and the release.
 * https://redhatproductsecurity.github.io/security-data-guidelines/purl/
 */
export function rpmContentSets(qualifiers: {
  readonly [key: string]: string | undefined;
}): Pick<Package, 'contentSets'> {
  const set = identifierOf(qualifiers.repository_id ?? '', limits.nameCharsMax);
  return set === undefined ? {} : { contentSets: [set] };
}
