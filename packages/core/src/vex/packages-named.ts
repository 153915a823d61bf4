import type { Package } from '../package.ts';
import { type Purl, parsePurl } from '../purl/index.ts';

/** Authors write the vendor, os-release writes the product: both are the same packages. */
const SAME_NAMESPACE: { readonly [vendor: string]: RegExp } = {
  suse: /^(?:suse|sles|sled|sle[_-]|sl-micro)/,
  redhat: /^(?:redhat|rhel)$/,
};

/** Qualifiers that say nothing of which package it is. */
const FREE_QUALIFIERS: ReadonlySet<string> = new Set([
  'repository_url',
  'download_url',
  'vcs_url',
  'file_name',
  'checksum',
]);

/**
 * Whether a purl of a statement names the package. Whatever it says must be so: version, and each qualifier; what it leaves
 * out is free, as in https://github.com/openvex/spec (and unlike purl equality). A purl of a source package names what was
 * built of it.
 */
export function isPurlOfPackage(
  wanted: Purl,
  pkg: Pick<Package, 'version' | 'source' | 'distribution'>,
  actual: Purl | undefined,
): boolean {
  if (actual === undefined || wanted.type !== actual.type || !isNamespace(wanted.namespace, actual.namespace))
    return false;
  const ofSource = wanted.qualifiers.arch === 'src' || wanted.qualifiers.arch === 'source';
  const name = ofSource ? pkg.source?.name : actual.name;
  const version = ofSource ? pkg.source?.version : actual.version;
  if (name !== wanted.name || (wanted.version !== null && !isVersion(wanted, version ?? null, actual))) return false;
  if (wanted.subpath !== null && wanted.subpath !== actual.subpath) return false;
  return Object.entries(wanted.qualifiers).every(([key, value]) => {
    if (FREE_QUALIFIERS.has(key) || (ofSource && key === 'arch')) return true;
    if (key === 'epoch') return (actual.qualifiers.epoch ?? '0') === value || pkg.version.startsWith(`${value}:`);
    if (key === 'distro') return isDistribution(value, pkg, actual);
    if (key === 'os_name') return pkg.distribution?.id === value;
    if (key === 'os_version') return pkg.distribution?.release === value;
    // Says the same as os_version, in a word that only the release's image knows.
    if (key === 'os_distro') return wanted.qualifiers.os_version !== undefined;
    return actual.qualifiers[key] === value;
  });
}

function isNamespace(wanted: string | null, actual: string | null): boolean {
  if (wanted === actual) return true;
  return wanted !== null && actual !== null && SAME_NAMESPACE[wanted]?.test(actual) === true;
}

/** Go's versions are written with and without their `v`, rpm's with the epoch in the version or as a qualifier. */
function isVersion(wanted: Purl, version: string | null, actual: Purl): boolean {
  if (version === null) return false;
  if (wanted.version === version) return true;
  if (wanted.type === 'golang') return `v${wanted.version}` === version || wanted.version === `v${version}`;
  if (wanted.type !== 'rpm') return false;
  const bare = (text: string) => text.replace(/^\d+:/, '');
  const epochs = [/^(\d+):/.exec(wanted.version ?? '')?.[1], wanted.qualifiers.epoch];
  const epoch = /^(\d+):/.exec(version)?.[1] ?? actual.qualifiers.epoch ?? '0';
  return bare(wanted.version ?? '') === bare(version) && epochs.every((one) => one === undefined || one === epoch);
}

/** `debian-12`, `debian-12.5`, or the code name. */
function isDistribution(wanted: string, { distribution }: Pick<Package, 'distribution'>, actual: Purl): boolean {
  if (actual.qualifiers.distro === wanted) return true;
  if (distribution === null) return false;
  const whole = `${distribution.id}-${distribution.release}`;
  return wanted === whole || wanted.startsWith(`${whole}.`);
}

/** Purls are read once each: a hub names the same parts ten thousand times. */
export function purlReader(): (text: string) => Purl | undefined {
  const known = new Map<string, Purl | undefined>();
  return (text) => {
    if (!known.has(text)) known.set(text, text.startsWith('pkg:') ? parsePurl(text) : undefined);
    return known.get(text);
  };
}
