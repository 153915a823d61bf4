import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Problem } from '@hullcheck/core';
import { afterAll, describe, expect, it } from 'vitest';
import { sampleHeader } from '../../formats/rpm-header/sample-header.testing.ts';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type RpmEvidence, rpm } from './index.ts';

const SQLITE = 'var/lib/rpm/rpmdb.sqlite';
const LOG = `${SQLITE}-wal`;

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-wal-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A database as rpm makes it, whose changes stay in the log until it is told otherwise. */
class Rpmdb {
  readonly #database: DatabaseSync;
  readonly #path: string;

  constructor(name: string, pageBytes = 1024) {
    this.#path = join(folder, name);
    this.#database = new DatabaseSync(this.#path);
    this.#database.exec(
      `pragma page_size = ${pageBytes}; pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma synchronous = off`,
    );
  }

  createTables(): this {
    this.#database.exec(
      "create table 'Packages' (hnum integer primary key autoincrement, blob blob not null); create table 'Name' (key text not null, hnum integer not null, idx integer not null)",
    );
    return this;
  }

  put(name: string, version: string, paddingBytes = 0, row: number | null = null): void {
    const header = sampleHeader({ 1000: name, 1001: version, 1002: '1', 1004: 'x'.repeat(paddingBytes) });
    const { lastInsertRowid } = this.#database
      .prepare('insert or replace into Packages values (?, ?)')
      .run(row, header);
    this.#database.prepare('insert into Name values (?, ?, 0)').run(name, lastInsertRowid);
  }

  remove(row: number): void {
    this.#database.prepare('delete from Packages where hnum = ?').run(row);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** The two files as a layer would have them while rpm has the database open. */
  files(): { readonly database: Buffer; readonly log: Buffer } {
    return { database: readFileSync(this.#path), log: readFileSync(`${this.#path}-wal`) };
  }

  /** Row numbers with names, as SQLite reads the files. */
  rows(): readonly string[] {
    const rows = this.#database.prepare('select blob from Packages').all();
    return rows.map(({ blob }) => nameOf(blob)).sort();
  }
}

function nameOf(blob: unknown): string {
  if (!(blob instanceof Uint8Array)) throw new Error('no blob');
  const text = Buffer.from(blob).toString('latin1');
  const [name, version] = text.slice(8 + 16 * 4).split('\u0000');
  return `${name} ${version}-1`;
}

function evidenceOf(
  path: string,
  bytes: Uint8Array,
): { readonly evidence: RpmEvidence | null; readonly problems: readonly Problem[] } {
  const { evidence, problems } = rpm.analyze(memoryFile(path, bytes), claimsNothing);
  const sent = evidence === null ? null : rpm.parseEvidence(JSON.parse(JSON.stringify(evidence)));
  expect(sent).toEqual(evidence);
  return { evidence, problems };
}

function resolve(database: Uint8Array, log: Uint8Array) {
  const [main, wal] = [evidenceOf(SQLITE, database), evidenceOf(LOG, log)];
  const { packages, problems } = rpm.resolve(viewOf<RpmEvidence>({ [SQLITE]: [main.evidence], [LOG]: [wal.evidence] }));
  return {
    names: packages.map(({ name, version }) => `${name} ${version}`).sort(),
    problems: [...main.problems, ...wal.problems, ...problems].map(({ detail }) => detail),
  };
}

describe('a database with its write-ahead log', () => {
  it('has what was installed, replaced and removed only there', () => {
    const rpmdb = new Rpmdb('changes').createTables();
    for (const name of ['a', 'b', 'c', 'd']) rpmdb.put(name, '1', 2500);
    rpmdb.exec('pragma wal_checkpoint(truncate)');
    rpmdb.put('e', '1', 2500);
    rpmdb.put('b', '2', 4000, 2);
    rpmdb.remove(1);
    const { database, log } = rpmdb.files();
    expect(resolve(database, log)).toEqual({ names: ['b 2-1', 'c 1-1', 'd 1-1', 'e 1-1'], problems: [] });
    expect(rpmdb.rows()).toEqual(['b 2-1', 'c 1-1', 'd 1-1', 'e 1-1']);
    // Without the log the packages would be those of before.
    expect(resolve(database, new Uint8Array(0)).names).toEqual(['a 1-1', 'b 1-1', 'c 1-1', 'd 1-1']);
  });

  it('may have its table in the log alone', () => {
    const rpmdb = new Rpmdb('young');
    rpmdb.createTables().put('a', '1', 5000);
    const { database, log } = rpmdb.files();
    expect(resolve(database, log)).toEqual({ names: ['a 1-1'], problems: [] });
    expect(resolve(database, new Uint8Array(0))).toEqual({
      names: [],
      problems: ['the package database holds no package'],
    });
  });

  it('leaves out what was never committed', () => {
    const rpmdb = new Rpmdb('open').createTables();
    rpmdb.put('a', '1', 2000);
    rpmdb.exec('pragma cache_size = 1; begin');
    for (let count = 0; count < 20; count += 1) rpmdb.put(`later-${count}`, '1', 9000);
    const { database, log } = rpmdb.files();
    expect(log.byteLength).toBeGreaterThan(100_000);
    expect(resolve(database, log).names).toEqual(['a 1-1']);
    rpmdb.exec('rollback');
  });

  it('changes nothing that is already in the database', () => {
    const rpmdb = new Rpmdb('done').createTables();
    for (let count = 0; count < 30; count += 1) rpmdb.put(`p${count}`, '1', count * 200);
    rpmdb.exec('pragma wal_checkpoint(full)');
    const { database, log } = rpmdb.files();
    expect(log.byteLength).toBeGreaterThan(0);
    const without = resolve(database, new Uint8Array(0));
    expect(resolve(database, log)).toEqual(without);
    expect(without.names.length).toBe(30);
  });

  // Pages split, merge and move between the two files in every way that SQLite has.
  it.each([1, 2, 3, 4, 5, 6])('reads as SQLite reads it after any changes: %i', (seed) => {
    let state = seed * 7919;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const rpmdb = new Rpmdb(`random-${seed}`, seed % 2 === 0 ? 512 : 4096).createTables();
    let rows = 0;
    for (let step = 0; step < 120; step += 1) {
      const choice = random(20);
      if (choice < 11) rpmdb.put(`p${step}`, String(seed), random(7000), null);
      else if (choice < 14 && rows > 0) rpmdb.put(`q${step}`, String(seed), random(7000), 1 + random(rows));
      else if (choice < 19 && rows > 0) rpmdb.remove(1 + random(rows));
      else if (choice === 19) rpmdb.exec('pragma wal_checkpoint(passive)');
      if (choice < 11) rows += 1;
      if (step % 15 !== 14) continue;
      const { database, log } = rpmdb.files();
      expect(resolve(database, log)).toEqual({ names: rpmdb.rows(), problems: [] });
    }
    expect(rpmdb.rows().length).toBeGreaterThan(10);
  });
});

describe('a log of another layer', () => {
  it('says which layer brought what', () => {
    const rpmdb = new Rpmdb('layers').createTables();
    rpmdb.put('a', '1', 3000);
    rpmdb.exec('pragma wal_checkpoint(truncate)');
    const { database } = rpmdb.files();
    rpmdb.put('b', '1', 3000);
    const first = rpmdb.files().log;
    rpmdb.put('c', '1', 3000);
    const second = rpmdb.files().log;
    const { packages, problems } = rpm.resolve(
      viewOf<RpmEvidence>({
        [SQLITE]: [evidenceOf(SQLITE, database).evidence],
        [LOG]: [null, evidenceOf(LOG, first).evidence, evidenceOf(LOG, second).evidence],
      }),
    );
    expect(problems).toEqual([]);
    expect(packages.map(({ name, layer }) => [name, layer])).toEqual([
      ['a', layerId(0)],
      ['b', layerId(1)],
      ['c', layerId(2)],
    ]);
  });

  it('that does not belong to the database is a problem', () => {
    const [one, other] = [new Rpmdb('one').createTables(), new Rpmdb('other').createTables()];
    for (let count = 0; count < 40; count += 1) other.put(`p${count}`, '1', 3000);
    other.exec('pragma wal_checkpoint(truncate)');
    for (let count = 0; count < 20; count += 1) other.put(`late${count}`, '1', 3000);
    one.put('a', '1', 10);
    one.exec('pragma wal_checkpoint(truncate)');
    const { problems } = resolve(one.files().database, other.files().log);
    expect(problems).toEqual([expect.stringContaining('neither in the database nor whole in its write-ahead log')]);
  });

  it('without a readable database is a problem', () => {
    const rpmdb = new Rpmdb('alone').createTables();
    rpmdb.put('a', '1');
    const { problems } = resolve(Buffer.from('x'), rpmdb.files().log);
    expect(problems).toEqual(['no SQLite header', 'there is no readable database to this write-ahead log']);
  });

  it('counts for nothing where the database is not in that mode', () => {
    const rpmdb = new Rpmdb('mode').createTables();
    rpmdb.put('a', '1');
    const { log } = rpmdb.files();
    rpmdb.exec('pragma journal_mode = delete');
    expect(resolve(readFileSync(join(folder, 'mode')), log).names).toEqual(['a 1-1']);
  });
});

describe('a rollback journal', () => {
  const journal = Buffer.from('d9d505f920a163d7ffffffff', 'hex');

  it('that was not finished is a problem', () => {
    expect(evidenceOf(`${SQLITE}-journal`, journal).problems).toMatchObject([{ code: 'unreadable' }]);
  });

  it.each([new Uint8Array(0), new Uint8Array(512)])('that is finished is none', (bytes) => {
    expect(evidenceOf(`${SQLITE}-journal`, bytes)).toEqual({ evidence: null, problems: [] });
  });
});
