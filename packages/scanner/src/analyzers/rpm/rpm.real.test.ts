import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Inventory, Package } from '@hullcheck/core';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage } from '../../compose/corpus-image.testing.ts';
import { openDescriptor } from '../../layers/collected-file.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type RpmEvidence, rpm } from './index.ts';
import { samples } from './samples.testing.ts';

const SEPARATOR = '\u001f';
const FIELDS = ['NAME', 'EPOCHNUM', 'VERSION', 'RELEASE', 'ARCH', 'SOURCERPM', 'LICENSE', 'MODULARITYLABEL'];

const work = mkdtempSync(join(tmpdir(), 'hullcheck-rpm-'));
const opened = new Map<string, Promise<CorpusImage>>();

function open(name: string): Promise<CorpusImage> {
  const image = opened.get(name) ?? openCorpusImage(corpusLayout(name) ?? '');
  opened.set(name, image);
  return image;
}

afterAll(async () => {
  for (const image of await Promise.all(opened.values())) image.remove();
  rmSync(work, { recursive: true });
});

/** What rpm says of a database; what it writes beside it goes to a copy. */
function rpmQuery(database: string, backend: 'sqlite' | 'bdb_ro', format: string): readonly string[] {
  const folder = mkdtempSync(join(work, 'query-'));
  copyFileSync(database, join(folder, backend === 'sqlite' ? 'rpmdb.sqlite' : 'Packages'));
  // A database that was made without its indexes gets them, or rpm refuses to read it.
  if (backend === 'sqlite') execFileSync('rpm', ['--dbpath', folder, '--initdb']);
  const args = ['--define', `_db_backend ${backend}`, '--dbpath', folder, '-qa', '--qf', format];
  // Names of indexes that are missing go to standard error.
  const output = execFileSync('rpm', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output.split('\n').filter((line) => line !== '' && !line.startsWith('gpg-pubkey'));
}

const listFormat = `${FIELDS.map((field) => `%{${field}}`).join(SEPARATOR)}\\n`;

function rpmList(database: string, backend: 'sqlite' | 'bdb_ro'): readonly string[] {
  return rpmQuery(database, backend, listFormat).toSorted();
}

function ours({ packages }: Pick<Inventory, 'packages'>): readonly string[] {
  return packages
    .filter(({ type }) => type === 'rpm')
    .map((pkg) => {
      const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?(.*)-([^-]*)$/.exec(pkg.version) ?? [];
      const source = /[?&]upstream=([^&]*)/.exec(pkg.purl)?.[1];
      const stated = source === undefined ? '(none)' : decodeURIComponent(source);
      const fields = [pkg.name, epoch, version, release, pkg.architecture ?? '(none)', stated, pkg.licenses.join()];
      return [...fields, pkg.module ?? '(none)'].join(SEPARATOR);
    })
    .sort();
}

const hasTools = findProgram('rpm') !== undefined && findProgram('umoci') !== undefined;
const missing = (name: string): boolean => !hasTools || corpusLayout(name) === undefined;

describe.each([
  ['rpm-rocky-sqlite', 'var/lib/rpm/rpmdb.sqlite', 'sqlite', 15],
  ['rpm-mariner', 'var/lib/rpm/rpmdb.sqlite', 'sqlite', 100],
  ['rpm-bdb', 'var/lib/rpm/Packages', 'bdb_ro', 100],
] as const)('rpm packages of %s', (image, database, backend, countMin) => {
  it.skipIf(missing(image))('equal those of rpm -qa to the last entry', async () => {
    const { root, inventory } = await open(image);
    const expected = rpmList(join(root, database), backend);
    expect(expected.length).toBeGreaterThan(countMin);
    expect(ours(inventory)).toEqual(expected);
    expect(inventory.problems).toEqual([]);
  });
});

/** Debian's rpm has no ndb: the headers are found by their marks, not by slots, and put into a database that it can read. */
function toSqlite(ndb: string): string {
  const bytes = readFileSync(ndb);
  const folder = mkdtempSync(join(work, 'ndb-'));
  execFileSync('rpm', ['--dbpath', folder, '--initdb']);
  const path = join(folder, 'rpmdb.sqlite');
  const database = new DatabaseSync(path);
  const insert = database.prepare('insert into Packages (blob) values (?)');
  database.exec('begin');
  for (let at = bytes.indexOf('BlbS'); at !== -1; at = bytes.indexOf('BlbS', at + 16)) {
    const end = at + 16 + bytes.readUInt32LE(at + 12);
    if (at % 16 === 0 && bytes.subarray(end, end + 32).includes('BlbE')) insert.run(bytes.subarray(at + 16, end));
  }
  database.exec('commit; pragma wal_checkpoint(truncate)');
  database.close();
  return path;
}

describe('rpm packages of rpm-sle15-ndb', () => {
  it.skipIf(missing('rpm-sle15-ndb'))('equal those of rpm -qa to the last entry', async () => {
    const { root, inventory } = await open('rpm-sle15-ndb');
    const expected = rpmList(toSqlite(join(root, 'usr/lib/sysimage/rpm/Packages.db')), 'sqlite');
    expect(expected.length).toBeGreaterThan(20);
    expect(ours(inventory)).toEqual(expected);
    expect(inventory.problems).toEqual([]);
  });
});

it.skipIf(missing('rpm-rocky-sqlite'))('a package has the layer that brought it; an erased one is gone', async () => {
  const { layers, inventory } = await open('rpm-rocky-sqlite');
  const layerOf = (name: string): number | undefined => {
    const found = inventory.packages.find((candidate) => candidate.name === name);
    return found === undefined ? undefined : layers.findIndex(({ diffId }) => diffId === found.layer);
  };
  expect([layerOf('bash'), layerOf('vim-minimal')]).toEqual([1, undefined]);
});

describe.each(['rpm-mariner', 'rpm-sle15-ndb'])('needs of packages of %s', (image) => {
  it.skipIf(missing(image))('are those that rpm finds for each requirement', async () => {
    const { root, inventory } = await open(image);
    const database =
      image === 'rpm-mariner'
        ? join(root, 'var/lib/rpm/rpmdb.sqlite')
        : toSqlite(join(root, 'usr/lib/sysimage/rpm/Packages.db'));
    const relations = new Set(
      (inventory.relations ?? []).map(
        ({ from, to }) => `${nameAt(inventory.packages, from)} ${nameAt(inventory.packages, to)}`,
      ),
    );
    expect(relations).toEqual(new Set(needsByRpm(database)));
    expect(relations.size).toBeGreaterThan(50);
  });
});

function nameAt(packages: readonly Package[], purl: string): string {
  return packages.find((pkg) => pkg.purl === purl)?.name ?? '';
}

/** Who provides what who requires, as `rpm -q --provides` and `--requires` state both; paths as it lists files. */
function needsByRpm(database: string): readonly string[] {
  const pairs = (format: string) => rpmQuery(database, 'sqlite', format).map((line) => line.split(SEPARATOR));
  const providers = new Map<string, Set<string>>();
  const listed = [
    ...pairs(`[%{=NAME}${SEPARATOR}%{PROVIDENAME}\\n]`),
    ...pairs(`[%{=NAME}${SEPARATOR}%{FILENAMES}\\n]`).filter(([, path]) => /\/(?:s?bin|libexec)\//.test(path ?? '')),
  ];
  for (const [name = '', offer = ''] of listed) providers.set(offer, (providers.get(offer) ?? new Set()).add(name));
  const needs = pairs(`[%{=NAME}${SEPARATOR}%{REQUIRENAME}\\n]`).flatMap(([name = '', need = '']) =>
    [...(providers.get(need) ?? [])].filter((provider) => provider !== name).map((provider) => `${name} ${provider}`),
  );
  return needs;
}

describe('a large database', () => {
  // What an image of a desktop has: the headers of the corpus many times over, far above what is kept in memory.
  it.skipIf(missing('rpm-mariner'))('is read by position, in bounded memory and time', async () => {
    const { root } = await open('rpm-mariner');
    const path = join(mkdtempSync(join(work, 'large-')), 'rpmdb.sqlite');
    copyFileSync(join(root, 'var/lib/rpm/rpmdb.sqlite'), path);
    chmodSync(path, 0o600);
    const database = new DatabaseSync(path);
    for (let times = 0; times < 6; times += 1) database.exec('insert into Packages (blob) select blob from Packages');
    database.exec('pragma wal_checkpoint(truncate)');
    database.close();
    const descriptor = openSync(path, 'r');
    const file = openDescriptor(descriptor, 'var/lib/rpm/rpmdb.sqlite', 0o644, statSync(path).size);
    expect(file.sizeBytes).toBeGreaterThan(100 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const { evidence, problems } = rpm.analyze(file, claimsNothing);
    closeSync(descriptor);
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024);
    expect(problems).toEqual([]);
    expect(evidence !== null && 'packages' in evidence ? evidence.packages.length : 0).toBe(129 * 64);
  });
});

describe.each(samples.filter(({ name }) => name === 'rpmdb.sqlite' || name.startsWith('Packages')))(
  'of the packages in $name',
  ({ name, path, bytes }) => {
    const read = (changed: Uint8Array) => {
      const { evidence, problems } = rpm.analyze(memoryFile(path, changed), claimsNothing);
      const resolution = rpm.resolve(viewOf<RpmEvidence>({ [path]: [evidence] }));
      return { packages: resolution.packages.length, problems: problems.length + resolution.problems.length };
    };
    const whole = read(bytes).packages;

    it('none is lost without a problem where the file is cut off', () => {
      for (let length = 0; length < bytes.byteLength; length += 1) {
        const { packages, problems } = read(bytes.subarray(0, length));
        if (packages < whole) expect(problems, `${length} bytes`).toBeGreaterThan(0);
      }
    });

    it('none is lost without a problem where a byte is changed', () => {
      const silent = new Set<number>();
      for (let at = 0; at < bytes.byteLength; at += 1) {
        for (const value of [0, 0xff, (bytes[at] ?? 0) ^ 4]) {
          const changed = Uint8Array.from(bytes);
          changed[at] = value;
          const { packages, problems } = read(changed);
          if (packages < whole && problems === 0) silent.add(at);
        }
      }
      // The one byte of an SQLite schema that names the table's first page: another leaf of the table is a table as well.
      expect(silent.size).toBeLessThanOrEqual(name === 'rpmdb.sqlite' ? 1 : 0);
    });
  },
);
