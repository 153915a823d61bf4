import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '@hullcheck/core';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage, readCorpusLayers } from '../../compose/corpus-image.testing.ts';
import { composeInventory } from '../../compose/index.ts';

const ABSENT = new Set(['not-installed', 'config-files']);

function dpkgQuery(adminFolder: string): readonly string[] {
  const fields = ['Package', 'Architecture', 'Version', 'source:Package', 'source:Version', 'db:Status-Status'];
  const format = `${fields.map((field) => `\${${field}}`).join(' ')}\n`;
  const output = execFileSync('dpkg-query', [`--admindir=${adminFolder}`, '-W', '-f', format], { encoding: 'utf8' });
  return output
    .split('\n')
    .filter((line) => line !== '' && !ABSENT.has(line.split(' ')[5] ?? ''))
    .map((line) => line.split(' ').slice(0, 5).join(' '))
    .sort();
}

function ours({ packages }: Inventory): readonly string[] {
  return packages
    .filter(({ type }) => type === 'deb')
    .map(({ name, architecture, version, source }) =>
      [name, architecture, version, source?.name, source?.version].join(' '),
    )
    .sort();
}

const opened = new Map<string, Promise<CorpusImage>>();

function open(name: string): Promise<CorpusImage> {
  const image = opened.get(name) ?? openCorpusImage(corpusLayout(name) ?? '');
  opened.set(name, image);
  return image;
}

afterAll(async () => {
  for (const image of await Promise.all(opened.values())) image.remove();
});

const hasTools = findProgram('dpkg-query') !== undefined && findProgram('umoci') !== undefined;
const missing = (name: string): boolean => !hasTools || corpusLayout(name) === undefined;

describe.each(['debian-bookworm', 'debian-bullseye-old', 'node-app', 'python-app', 'go-rust'])(
  'dpkg packages of %s',
  (name) => {
    it.skipIf(missing(name))('equal those of dpkg-query to the last entry', async () => {
      const { root, inventory } = await open(name);
      const expected = dpkgQuery(join(root, 'var/lib/dpkg'));
      expect(expected.length).toBeGreaterThan(50);
      expect(ours(inventory)).toEqual(expected);
      expect(inventory.problems).toEqual([]);
    });

    it.skipIf(missing(name))('meet every dependency that dpkg-query states', async () => {
      const { root, inventory } = await open(name);
      const fields = ['db:Status-Status', 'Package', 'Pre-Depends', 'Depends'].map((field) => `\${${field}}`);
      const query = ['-W', '-f', `${fields.join('\t')}\n`];
      const lines = execFileSync('dpkg-query', [`--admindir=${join(root, 'var/lib/dpkg')}`, ...query], {
        encoding: 'utf8',
      }).split('\n');
      const needsOf = new Map<string, Set<string>>();
      for (const { from, to } of inventory.relations ?? []) needsOf.set(from, (needsOf.get(from) ?? new Set()).add(to));
      for (const line of lines) {
        const [state, pkg, preDepends, depends] = line.split('\t');
        if (state !== 'installed' || depends === undefined) continue;
        const purl = inventory.packages.find((found) => found.type === 'deb' && found.name === pkg)?.purl ?? '';
        // Each named package that is installed under its own name, as the first alternative of its group, is among them.
        for (const group of `${preDepends},${depends}`.split(',')) {
          const names = group.split('|').map((text) => text.trim().split(/[ :(]/)[0] ?? '');
          const first = names
            .map((candidate) => inventory.packages.find((found) => found.type === 'deb' && found.name === candidate))
            .find((found) => found !== undefined);
          if (first !== undefined && names[0] === first.name) {
            expect(first.purl === purl || needsOf.get(purl)?.has(first.purl), `${pkg}: ${group}`).toBe(true);
          }
        }
      }
      expect(needsOf.size).toBeGreaterThan(50);
    });
  },
);

it.skipIf(missing('distroless'))('dpkg packages of distroless equal those of dpkg-query over status.d', async () => {
  const { root, inventory } = await open('distroless');
  const admin = mkdtempSync(join(tmpdir(), 'hullcheck-dpkg-'));
  try {
    const folder = join(root, 'var/lib/dpkg/status.d');
    const stanzas = readdirSync(folder)
      .filter((file) => !file.endsWith('.md5sums'))
      .map((file) => readFileSync(join(folder, file), 'utf8').trimEnd())
      .map((stanza) => stanza.replace(/^Package: .*$/m, '$&\nStatus: install ok installed'));
    mkdirSync(join(admin, 'updates'));
    writeFileSync(join(admin, 'status'), `${stanzas.join('\n\n')}\n`);
    expect(stanzas.length).toBeGreaterThan(10);
    expect(ours(inventory)).toEqual(dpkgQuery(admin));
  } finally {
    rmSync(admin, { recursive: true });
  }
});

it.skipIf(missing('debian-bookworm'))('a package has the layer that brought it; a purged one is gone', async () => {
  const { layers, inventory } = await open('debian-bookworm');
  const layerOf = (name: string): number | undefined => {
    const found = inventory.packages.find((candidate) => candidate.name === name);
    return found === undefined ? undefined : layers.findIndex(({ diffId }) => diffId === found.layer);
  };
  expect([layerOf('bash'), layerOf('curl'), layerOf('git')]).toEqual([0, 1, undefined]);
  expect(composeInventory(layers.slice(0, 2)).packages.map(({ name }) => name)).toContain('git');
});

it.skipIf(missing('zstd') || missing('debian-bookworm'))('how layers are packed changes nothing', async () => {
  const { inventory } = await open('debian-bookworm');
  expect(composeInventory(await readCorpusLayers(corpusLayout('zstd') ?? ''))).toEqual(inventory);
});

it.skipIf(missing('python-app'))('the owner of each Python package is the one that dpkg -S names', async () => {
  const { root, inventory } = await open('python-app');
  const found = inventory.packages.filter(({ type }) => type === 'pypi');
  const owners = ownersByDpkg(
    join(root, 'var/lib/dpkg'),
    found.flatMap(({ paths }) => paths),
  );
  expect(owners.size).toBeGreaterThan(20);
  for (const { name, paths, ownedBy } of found) {
    for (const path of paths) expect(`${name} ${path} ${ownedBy}`).toBe(`${name} ${path} ${owners.get(path) ?? null}`);
  }
  expect(found.some(({ ownedBy }) => ownedBy === null)).toBe(true);
});

function ownersByDpkg(adminFolder: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const path of paths) {
    try {
      const line = execFileSync('dpkg-query', [`--admindir=${adminFolder}`, '-S', `/${path}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      owners.set(path, line.split(':', 1)[0] ?? '');
    } catch {
      // dpkg-query ends with 1 where no package owns the path.
    }
  }
  return owners;
}
