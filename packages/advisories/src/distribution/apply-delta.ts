import type { KeyObject } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import { createReadStream, constants as fileConstants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream';
import { constants, createZstdDecompress } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { inPlaceOf } from '../database/packing.ts';
import { numberOf, openFile } from '../database/reading.ts';
import { hashContents, readContents, verifyDatabase, writeName } from '../database/revision.ts';
import { STATEMENTS_TABLE } from '../database/schema.ts';
import { openForWriting } from '../database/write-revision.ts';
import { takeRevision } from './carrying.ts';
import { type DeltaHeader, type DeltaLine, deltaHeader, deltaLine } from './delta-format.ts';
import { DELTA_LINE_BYTES_MAX, DELTA_UNPACKED_BYTES_MAX } from './limits.ts';
import { requireSignedRevision } from './signed-revision.ts';

const WINDOW_LOG_MAX = 24;

/**
 * Applies packed changes to a copy of a revision and takes the result into its folder: the path. What comes out must hash to
 * the revision that the changes promise, and be signed where there are keys; otherwise a fault, and nothing is left.
 */
export async function applyDelta(
  current: string,
  packed: string,
  keys: readonly KeyObject[],
  place: string,
): Promise<string> {
  const folder = path.dirname(current);
  const temporary = path.join(folder, `.building-${randomUUID()}.db`);
  try {
    const lines = readLines(packed, place);
    const header = await readHeader(lines, current, place);
    await copyFile(current, temporary, fileConstants.COPYFILE_FICLONE);
    const changed = new Set(header.feeds.map(({ id }) => id));
    const connection = openForWriting(temporary);
    try {
      connection.exec('begin');
      await writeChanges(connection, header, lines, place);
      const contents = new Map([...(readContents(connection) ?? []), ...hashContents(connection, changed)]);
      if (writeName(connection, contents, header.builtAt) !== header.to) {
        throw broken('they do not make the revision that they promise', place);
      }
      if (header.signature !== null) {
        connection.prepare(`insert into meta values ('signature', ?)`).run(header.signature);
      }
      connection.exec('commit');
    } finally {
      connection.close();
    }
    verifyDatabase(temporary, changed);
    requireSignedRevision(temporary, keys, place);
    return await takeRevision(temporary, folder);
  } catch (error) {
    throw error instanceof Fault ? inPlaceOf(error, temporary, place) : broken('they cannot be read', place, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readHeader(lines: AsyncGenerator<string>, current: string, place: string): Promise<DeltaHeader> {
  const first = await lines.next();
  const parsed = deltaHeader.safeParse(first.done === true ? undefined : JSON.parse(first.value));
  if (!parsed.success) throw broken('this version does not read their form', place, parsed.error);
  const file = openFile(current);
  file.connection.close();
  if (parsed.data.from !== file.revision) throw broken('they are for another revision', place);
  return parsed.data;
}

async function writeChanges(
  connection: DatabaseSync,
  header: DeltaHeader,
  lines: AsyncIterable<string>,
  place: string,
): Promise<void> {
  const ordinals = new Set<number>();
  for (const feed of header.feeds) {
    const { changes } = connection
      .prepare('update feed set version = ?, snapshot = ?, records = ? where ordinal = ? and id = ?')
      .run(feed.version, feed.snapshot, feed.records, feed.ordinal, feed.id);
    if (changes !== 1) throw broken('they name a feed that is not there', place);
    ordinals.add(feed.ordinal);
    connection.prepare('delete from source where feed = ?').run(feed.ordinal);
    connection.prepare('delete from support where feed = ?').run(feed.ordinal);
    const source = connection.prepare('insert into source values (?, ?, ?, ?, ?, ?, ?)');
    for (const [id, ...rest] of feed.sources) source.run(id, feed.ordinal, ...rest);
    const support = connection.prepare('insert into support values (?, ?, ?, ?, ?)');
    for (const [distribution, release, ...rest] of feed.support)
      support.run(distribution, release, feed.ordinal, ...rest);
  }
  const apply = writer(connection);
  for await (const text of lines) {
    const line = deltaLine.parse(JSON.parse(text));
    if (!ordinals.has(line[1])) throw broken('they change a feed that they do not name', place);
    apply.line(line);
  }
  apply.end();
}

/**
 * Old rows of changed advisories go at the end and together: they are found by a walk over the table, which takes as long for
 * one as for all. So a changed advisory comes back under a number that none has yet.
 */
function writer(connection: DatabaseSync): { line(line: DeltaLine): void; end(): void } {
  connection.exec('create temp table gone (id integer primary key)');
  const find = connection.prepare('select id from advisory where name = ? and feed = ?');
  const note = connection.prepare('insert into gone values (?)');
  const remove = connection.prepare('delete from advisory where id = ?');
  const insert = connection.prepare('insert into advisory (id, feed, name, body) values (?, ?, ?, ?)');
  const addEcosystem = connection.prepare('insert or ignore into ecosystem (name) values (?)');
  const ecosystem = connection.prepare('select id from ecosystem where name = ?');
  const affected = connection.prepare('insert into affected values (?, ?, ?, ?, ?)');
  const putFact = connection.prepare('insert or replace into fact values (?, ?, ?)');
  const dropFact = connection.prepare('delete from fact where cve = ? and feed = ?');
  connection.exec(STATEMENTS_TABLE);
  const putStatements = connection.prepare('insert into statements values (?, ?, ?)');
  const dropStatements = connection.prepare('delete from statements where product = ? and feed = ?');
  const known = new Map<string, number>();
  let next = numberOf(connection.prepare('select coalesce(max(id), 0) + 1 as n from advisory').get()?.n);

  const ecosystemId = (name: string) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    addEcosystem.run(name);
    const id = numberOf(ecosystem.get(name)?.id);
    known.set(name, id);
    return id;
  };
  const clear = (name: string, feed: number) => {
    const old = find.get(name, feed);
    if (old === undefined) return;
    note.run(numberOf(old.id));
    remove.run(numberOf(old.id));
  };
  return {
    line(line) {
      switch (line[0]) {
        case 'advisory': {
          const [, feed, name, body, rows] = line;
          clear(name, feed);
          insert.run(next, feed, name, body);
          for (const [where, lookup, ordinal, text] of rows)
            affected.run(ecosystemId(where), lookup, next, ordinal, text);
          next += 1;
          return;
        }
        case 'no-advisory':
          return clear(line[2], line[1]);
        case 'fact':
          return void putFact.run(line[2], line[1], line[3]);
        case 'statements':
          dropStatements.run(line[2], line[1]);
          return void putStatements.run(line[2], line[1], line[3]);
        case 'no-statements':
          return void dropStatements.run(line[2], line[1]);
        case 'no-fact':
          return void dropFact.run(line[2], line[1]);
      }
    },
    end() {
      if (connection.prepare('select 1 from gone limit 1').get() !== undefined) {
        connection.exec('delete from affected where advisory in (select id from gone)');
      }
      connection.exec('drop table gone');
    },
  };
}

/** The lines of a packed file, of bounded length each and together. */
async function* readLines(packed: string, place: string): AsyncGenerator<string> {
  const unpack = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } });
  // What goes wrong arrives at whoever reads.
  const bytes = pipeline(createReadStream(packed), unpack, () => undefined);
  let total = 0;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    total += chunk.byteLength;
    if (total > DELTA_UNPACKED_BYTES_MAX) throw tooLarge(place);
    let start = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, at)]).toString('utf8');
      rest = [];
      restBytes = 0;
      start = at + 1;
    }
    restBytes += chunk.byteLength - start;
    if (restBytes > DELTA_LINE_BYTES_MAX) throw tooLarge(place);
    if (start < chunk.byteLength) rest.push(chunk.subarray(start));
  }
  if (restBytes > 0) throw broken('they are cut', place);
}

function broken(reason: string, place: string, cause?: unknown): Fault {
  return new Fault('database-invalid', `the changes of the vulnerability database are refused: ${reason}`, {
    place,
    cause,
  });
}

function tooLarge(place: string): Fault {
  return new Fault('limit-exceeded', 'the changes of the vulnerability database unpack to too much', { place });
}
