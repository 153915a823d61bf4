import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { changedGroups, groupsOf } from '../database/changes.ts';
import { asInvalid, hasStatements, numberOf, openFile, textOf, textOrNull } from '../database/reading.ts';
import { readContents } from '../database/revision.ts';
import { SCHEMA_VERSION } from '../database/schema.ts';
import { DELTA_FORMAT, DELTA_VERSION, type DeltaHeader, type DeltaLine } from './delta-format.ts';
import { DELTA_BYTES_MAX } from './limits.ts';

/** Changes are small, and written while a console waits. */
const COMPRESSION_LEVEL = 9;

const ADVISORIES = `
  select a.name as key, json_array(a.body, e.name, x.name, x.ordinal, x.body) as value
  from advisory a left join affected x on x.advisory = a.id left join ecosystem e on e.id = x.ecosystem
  where a.feed = ? order by a.name, e.name, x.name, x.ordinal`;
/** Padded, so that the order of text is the order of numbers. */
const FACTS = `select printf('%013d', cve) as key, body as value from fact where feed = ? order by cve`;
const STATEMENTS = 'select product as key, body as value from statements where feed = ? order by product';
/** Of a file that was made before there were any. */
const NO_STATEMENTS = "select '' as key, '' as value where ? is null";

/**
 * Writes what changed between two revisions to one packed file: its size in bytes. Undefined, and no file, where the whole
 * database is the better way: other feeds than before, a revision that does not state its feeds' contents, too much changed.
 */
export async function writeDelta(fromPath: string, toPath: string, location: string): Promise<number | undefined> {
  const from = openFile(fromPath);
  try {
    const to = openFile(toPath);
    const temporary = `${location}.${randomUUID()}`;
    try {
      const changed = changedFeeds(from.connection, to.connection);
      if (changed === undefined || from.revision === to.revision) return undefined;
      const header = writeHeader(from.revision, to, changed);
      const params = { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 };
      await pipeline(
        Readable.from(textOfDelta(header, from.connection, to.connection)),
        createZstdCompress({ params }),
        createWriteStream(temporary, { flush: true }),
      );
      const { size } = await stat(temporary);
      if (size > DELTA_BYTES_MAX) return undefined;
      await rename(temporary, location);
      return size;
    } catch (error) {
      throw error instanceof Fault ? error : asInvalid(error, toPath);
    } finally {
      to.connection.close();
      await rm(temporary, { force: true });
    }
  } finally {
    from.connection.close();
  }
}

/** Ids of the feeds that say something else; undefined where they can't be told apart or do not lie in the same order. */
function changedFeeds(from: DatabaseSync, to: DatabaseSync): readonly string[] | undefined {
  const order = (one: DatabaseSync) =>
    JSON.stringify(one.prepare('select ordinal, id from feed order by ordinal').all());
  const [before, after] = [readContents(from), readContents(to)];
  if (before === undefined || after === undefined || order(from) !== order(to)) return undefined;
  return [...after].filter(([id, content]) => before.get(id) !== content).map(([id]) => id);
}

function writeHeader(
  from: string,
  to: { readonly connection: DatabaseSync; readonly revision: string; readonly builtAt: string },
  changed: readonly string[],
): DeltaHeader {
  const { connection } = to;
  const signature = connection.prepare(`select value from meta where key = 'signature'`).get();
  const feed = connection.prepare('select ordinal, version, snapshot, records from feed where id = ?');
  const sources = connection.prepare(
    'select id, updated_at, extent, records, ecosystems, licence from source where feed = ? order by id',
  );
  const support = connection.prepare(
    'select distribution, release, end_of_life, extended from support where feed = ? order by distribution, release',
  );
  return {
    format: DELTA_FORMAT,
    version: DELTA_VERSION,
    schema: SCHEMA_VERSION,
    from,
    to: to.revision,
    builtAt: to.builtAt,
    signature: signature === undefined ? null : textOf(signature.value),
    feeds: changed.map((id) => {
      const row = feed.get(id);
      const ordinal = numberOf(row?.ordinal);
      return {
        id,
        ordinal,
        version: numberOf(row?.version),
        snapshot: textOf(row?.snapshot),
        records: numberOf(row?.records),
        sources: sources
          .all(ordinal)
          .map((one) => [
            textOf(one.id),
            textOf(one.updated_at),
            textOf(one.extent),
            numberOf(one.records),
            textOf(one.ecosystems),
            textOrNull(one.licence),
          ]),
        support: support
          .all(ordinal)
          .map((one) => [
            textOf(one.distribution),
            textOf(one.release),
            textOrNull(one.end_of_life),
            textOrNull(one.extended),
          ]),
      };
    }),
  };
}

function* textOfDelta(header: DeltaHeader, from: DatabaseSync, to: DatabaseSync): Generator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const { ordinal } of header.feeds) {
    for (const line of changedLines(ordinal, from, to)) yield `${JSON.stringify(line)}\n`;
  }
}

function* changedLines(feed: number, from: DatabaseSync, to: DatabaseSync): Generator<DeltaLine> {
  for (const { key, value } of changedGroups(groupsOf(from, ADVISORIES, feed), groupsOf(to, ADVISORIES, feed))) {
    if (value === undefined) yield ['no-advisory', feed, key];
    else yield advisoryLine(feed, key, value);
  }
  for (const { key, value } of changedGroups(statementsOf(from, feed), statementsOf(to, feed))) {
    yield value === undefined ? ['no-statements', feed, key] : ['statements', feed, key, value];
  }
  for (const { key, value } of changedGroups(groupsOf(from, FACTS, feed), groupsOf(to, FACTS, feed))) {
    yield value === undefined ? ['no-fact', feed, Number(key)] : ['fact', feed, Number(key), value];
  }
}

function statementsOf(connection: DatabaseSync, feed: number) {
  return groupsOf(connection, hasStatements(connection) ? STATEMENTS : NO_STATEMENTS, feed);
}

type Row = [body: string | null, ecosystem: string | null, name: string, ordinal: number, affected: string];

/** The rows of one advisory, each a line of JSON; one alone that names no package has nulls there. */
function advisoryLine(feed: number, name: string, value: string): DeltaLine {
  const rows = value.split('\n').map((line): Row => JSON.parse(line));
  const affected = rows.flatMap(([, ecosystem, lookup, ordinal, body]): [string, string, number, string][] =>
    ecosystem === null ? [] : [[ecosystem, lookup, ordinal, body]],
  );
  return ['advisory', feed, name, rows[0]?.[0] ?? null, affected];
}
