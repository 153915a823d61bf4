import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnalyzerSample } from '../samples.testing.ts';
import { samplesIn } from '../samples.testing.ts';

const folder = join(import.meta.dirname, 'testdata');

/** Each database holds the same packages; tools/oracles/rpm-databases.py makes them. */
export const samples: readonly AnalyzerSample[] = [
  ...samplesIn(folder, {
    'rpmdb.sqlite': 'var/lib/rpm/rpmdb.sqlite',
    Packages: 'var/lib/rpm/Packages',
    'Packages.db': 'usr/lib/sysimage/rpm/Packages.db',
    'container-manifest-2': 'var/lib/rpmmanifest/container-manifest-2',
    'container-manifest-1': 'var/lib/rpmmanifest/container-manifest-1',
    'ubi8-container-8.5-204.json': 'root/buildinfo/content_manifests/ubi8-container-8.5-204.json',
  }),
  {
    name: 'Packages.big-endian',
    path: 'var/lib/rpm/Packages',
    bytes: readFileSync(join(folder, 'Packages.big-endian')),
  },
];
