import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusLayout } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { readCorpusLayers } from '../../compose/corpus-image.testing.ts';
import { type ComposedLayer, composeInventory } from '../../compose/index.ts';
import { claimsNothing, memoryFile } from '../samples.testing.ts';
import { programs } from './index.ts';

const IMAGE_MS = 60_000;

const programsOf = (layers: readonly ComposedLayer[]): readonly string[] =>
  composeInventory(layers)
    .packages.filter(({ analyzer }) => analyzer === 'programs')
    .map(({ purl, paths }) => `${purl} ${paths.join(' ')}`);

/** What the layers hold as evidence, whoever owns the files. */
const statedIn = (layers: readonly ComposedLayer[]): ReadonlySet<string> =>
  new Set(
    layers.flatMap(({ report }) =>
      (report?.evidence ?? [])
        .filter(({ analyzer }) => analyzer === 'programs')
        .flatMap(({ data }) => programs.parseEvidence(data)?.programs ?? [])
        .map(({ id, version }) => `${id} ${version}`),
    ),
  );

/** By dpkg's status file: upstream version of a package, without epoch, repack suffix and revision. */
function debianVersion(status: string, name: string): string {
  const stanza = status.split('\n\n').find((text) => text.startsWith(`Package: ${name}\n`)) ?? '';
  const version = /^Version: (?:\d+:)?([^-\n]+)/m.exec(stanza)?.[1] ?? '';
  return version.replace(/\+(?:dfsg|really).*$/, '');
}

describe('an image of one program', () => {
  const layout = corpusLayout('scratch-busybox');

  it.skipIf(layout === undefined)(
    'is that program, with the version of the Debian package that it was taken from, and nothing is left unexplained',
    async () => {
      const layers = await readCorpusLayers(layout ?? '');
      expect(programsOf(layers)).toEqual(['pkg:generic/busybox@1.35.0 bin/busybox']);
      expect(composeInventory(layers).executables).toMatchObject({ files: 1, unclaimed: { files: 0, bytes: 0 } });
    },
    IMAGE_MS,
  );
});

/** Images of distributions: their programs are known by what they say, and belong to the distribution's packages. */
describe.each(['debian-bookworm', 'debian-bullseye-old', 'alpine-3.6', 'alpine-3.14', 'alpine-3.20', 'distroless'])(
  '%s',
  (name) => {
    const layout = corpusLayout(name);

    it.skipIf(layout === undefined)(
      'has no program and no executable that its packages do not own',
      async () => {
        const layers = await readCorpusLayers(layout ?? '');
        expect(programsOf(layers)).toEqual([]);
        const { executables } = composeInventory(layers);
        expect(executables?.bytes).toBeGreaterThan(1_000_000);
        expect(executables?.unclaimed).toEqual({ files: 0, bytes: 0, largest: [] });
        expect(statedIn(layers).size).toBeGreaterThan(0);
      },
      IMAGE_MS,
    );
  },
);

describe('programs of a Debian image', () => {
  const layout = corpusLayout('debian-bookworm');

  it.skipIf(layout === undefined)(
    'state the upstream versions of their packages',
    async () => {
      const layers = await readCorpusLayers(layout ?? '');
      const inventory = composeInventory(layers);
      const stated = [...statedIn(layers)];
      for (const [id, name] of [
        ['bash', 'bash'],
        ['perl', 'perl-base'],
      ] as const) {
        const version = inventory.packages.find((pkg) => pkg.type === 'deb' && pkg.name === name)?.version ?? '';
        expect(stated).toContain(`${id} ${debianVersion(`Package: ${name}\nVersion: ${version}\n`, name)}`);
      }
    },
    IMAGE_MS,
  );
});

describe('without the package database', () => {
  const layout = corpusLayout('node-app');

  it.skipIf(layout === undefined)(
    'the same programs are found by their own words, and the rest is told to be unexplained',
    async () => {
      const layers = (await readCorpusLayers(layout ?? '')).map(({ diffId, report }) => ({
        diffId,
        report: report && { ...report, evidence: report.evidence.filter(({ analyzer }) => analyzer !== 'dpkg') },
      }));
      const found = programsOf(layers);
      expect(found.some((text) => /^pkg:generic\/bash@\d+\.\d+\.\d+ usr\/bin\/bash$|bin\/bash$/.test(text))).toBe(true);
      expect(found.some((text) => text.startsWith('pkg:generic/perl@5.36.0 '))).toBe(true);
      const { executables } = composeInventory(layers);
      expect(executables?.unclaimed.files).toBeGreaterThan(200);
      expect(executables?.unclaimed.bytes).toBeLessThan(executables?.bytes ?? 0);
    },
    IMAGE_MS,
  );
});

describe('the running Node.js', () => {
  it('states what it says of itself', () => {
    const { evidence } = programs.analyze(
      memoryFile('usr/local/bin/node', readFileSync(process.execPath), 0o755),
      claimsNothing,
    );
    expect(evidence?.programs).toMatchObject([{ id: 'node', version: process.versions.node }]);
  });

  it('costs less than a tenth of a second for each hundred megabytes', () => {
    const bytes = readFileSync(process.execPath);
    const started = process.threadCpuUsage();
    programs.analyze(memoryFile(join('usr', 'local', 'bin', 'node'), bytes, 0o755), claimsNothing);
    const { user, system } = process.threadCpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(100 * Math.max(1, bytes.byteLength / 1e8));
  });
});
