import { arch } from 'node:os';
import { Fault, formatPlatform, type Platform } from '@hullcheck/core';
import type { IndexEntry } from './schema.ts';

/** The platform of this machine's containers: images for Linux also where the machine runs something else. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64', arm: 'arm' };
  return { os: 'linux', architecture: names[arch()] ?? arch(), variant: null };
}

/** Attestations and signatures lie in an index beside the images; they are none. */
export function isImageEntry(entry: IndexEntry): boolean {
  if (entry.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') return false;
  return !(entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown');
}

/**
 * The entry for the wanted platform; without a wish this host's, else the first. Undefined entries never win over ones
 * with a platform. Fault `not-found` names what there is.
 */
export function choosePlatform(
  entries: readonly IndexEntry[],
  wanted: Platform | undefined,
  place: string,
): IndexEntry {
  const images = entries.filter(isImageEntry);
  const exact = images.find((entry) => fits(entry.platform, wanted ?? hostPlatform()));
  if (exact !== undefined) return exact;
  const first = images[0];
  if (wanted === undefined && first !== undefined) return first;
  // A single entry without a platform: its configuration tells, and the caller compares.
  if (images.length === 1 && first !== undefined && !first.platform) return first;
  const there = images.map((entry) => (entry.platform ? formatPlatform(entry.platform) : 'unnamed')).join(', ');
  throw new Fault(
    'not-found',
    wanted === undefined
      ? `${place} lists no image`
      : `${place} has no image for ${formatPlatform(wanted)}; it has ${there || 'none'}`,
    { place },
  );
}

/** A variant counts only where both name one; arm64 is v8 whether it says so or not. */
export function fits(platform: Platform | null | undefined, wanted: Platform): boolean {
  if (!platform || platform.os !== wanted.os || platform.architecture !== wanted.architecture) return false;
  if (wanted.variant === null || platform.variant === wanted.variant) return true;
  return platform.variant === null && wanted.architecture === 'arm64' && wanted.variant === 'v8';
}
