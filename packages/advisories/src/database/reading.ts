import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@hullcheck/core';
import { APPLICATION_ID, META_TABLE, SCHEMA_VERSION } from './schema.ts';

const HEADER_BYTES = 100;
/** A revision is 64 characters, an instant some 30. */
const META_CHARACTERS_MAX = 100;

/** What every reader knows of a file before it asks for an advisory. */
export interface OpenFile {
  readonly connection: DatabaseSync;
  readonly bytes: number;
  readonly revision: string;
  readonly builtAt: string;
}

/**
 * Opens a database file read-only after checking its head: an SQLite file of ours, of this schema, as long as it says
 * (a cut copy opens without complaint and fails at some later query). Fault `database-missing` or `database-invalid`.
 */
export function openFile(location: string): OpenFile {
  const bytes = checkHead(location);
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(location, { readOnly: true });
    // A view of this name could count for ever: SQLite can't be interrupted from here, and no signature was looked at yet.
    const shape = connection.prepare(`select sql from sqlite_schema where name = 'meta'`).get()?.sql;
    if (shape === undefined) throw invalid(location, 'it was never finished');
    if (textOf(shape).toLowerCase() !== META_TABLE) throw invalid(location, 'its tables are not those of a database');
    const meta = new Map(
      connection
        .prepare(`select key, value from meta where key in ('revision', 'built_at') and length(value) <= ?`)
        .all(META_CHARACTERS_MAX)
        .map((row) => [textOf(row.key), textOf(row.value)]),
    );
    const revision = meta.get('revision');
    const builtAt = meta.get('built_at');
    if (revision === undefined || builtAt === undefined) throw invalid(location, 'it was never finished');
    return { connection, bytes, revision, builtAt };
  } catch (error) {
    connection?.close();
    throw asInvalid(error, location);
  }
}

/** Whether the file has a table of vendors' statements: those made before it came have none. */
export function hasStatements(connection: DatabaseSync, schema: 'main' | 'old' = 'main'): boolean {
  const sql = `select 1 from ${schema}.sqlite_schema where type = 'table' and name = 'statements'`;
  return connection.prepare(sql).get() !== undefined;
}

function checkHead(location: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(location, 'r');
  } catch (error) {
    throw new Fault('database-missing', `there is no vulnerability database at ${location}`, {
      cause: error,
      place: location,
      hint: 'Run "hullcheck db update".',
    });
  }
  try {
    const head = Buffer.alloc(HEADER_BYTES);
    const read = readSync(descriptor, head, 0, HEADER_BYTES, 0);
    if (read < HEADER_BYTES || head.toString('latin1', 0, 15) !== 'SQLite format 3') {
      throw invalid(location, 'it is no SQLite file');
    }
    if (head.readUInt32BE(68) !== APPLICATION_ID) throw invalid(location, 'it is another program’s SQLite file');
    const version = head.readUInt32BE(60);
    if (version !== SCHEMA_VERSION) {
      throw invalid(location, `it has schema ${version}, this version reads schema ${SCHEMA_VERSION}`);
    }
    const pageBytes = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
    const { size } = fstatSync(descriptor);
    if (size !== pageBytes * head.readUInt32BE(28)) throw invalid(location, 'it is cut or has grown');
    return size;
  } finally {
    closeSync(descriptor);
  }
}

export function invalid(location: string, reason: string, cause?: unknown): Fault {
  return new Fault('database-invalid', `${location} is not a usable vulnerability database: ${reason}`, {
    cause,
    place: location,
    hint: 'Run "hullcheck db update" or name another file.',
  });
}

/** SQLite's own errors (a corrupt page) as the fault of this file. */
export function asInvalid(error: unknown, location: string): Fault {
  return error instanceof Fault ? error : invalid(location, 'it is damaged', error);
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('a column that should be text is not');
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : textOf(value);
}

export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError('a column that should be a number is not');
}
