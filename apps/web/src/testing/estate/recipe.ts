import type { BaseRef, ImageRow } from '@hullcheck/contract';
import type { Kind } from './findings.ts';
import { hex, uuid } from './ids.ts';

export const systems = {
  deb11: { id: 'debian', version: '11', name: 'Debian GNU/Linux 11 (bullseye)', endOfLife: '2024-08-14' },
  deb12: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', endOfLife: '2028-06-30' },
  apk: { id: 'alpine', version: '3.15', name: 'Alpine Linux v3.15', endOfLife: '2023-11-01' },
} as const;

/** What an image of the fixture is made of. */
export interface Recipe {
  readonly registry: string | null;
  readonly repository: string | null;
  readonly tags: readonly string[];
  readonly base: keyof typeof systems | null;
  readonly app: readonly Kind[];
  readonly state: ImageRow['assessment']['state'];
  readonly activity?: ImageRow['assessment']['activity'];
  readonly reason?: string;
  readonly progress?: ImageRow['assessment']['progress'];
  readonly hosts: readonly string[];
  readonly containers: number;
  readonly source?: ImageRow['sources'][number];
  /** Leaves out all but every n-th finding: images differ. */
  readonly thin?: number;
}

export function baseOf(recipe: Recipe): BaseRef | null {
  switch (recipe.base) {
    case 'deb11':
      return { image: uuid(31_001), name: 'docker.io/library/debian:11.7' };
    case 'deb12':
      return { image: uuid(31_002), name: 'docker.io/library/debian:12.1' };
    case 'apk':
      return { image: null, name: 'docker.io/library/alpine:3.15.0' };
    case null:
      return null;
  }
}

export interface Digests {
  readonly base: string;
  readonly runtime: string;
  readonly app: string;
}

export function layerDigests(seed: number): Digests {
  return {
    base: `sha256:${hex((seed % 5) + 70_000, 64)}`,
    runtime: `sha256:${hex((seed % 11) + 71_000, 64)}`,
    app: `sha256:${hex(seed + 72_000, 64)}`,
  };
}
