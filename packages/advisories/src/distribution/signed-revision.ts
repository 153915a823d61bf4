import type { KeyObject } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@hullcheck/core';
import { openFile, textOf } from '../database/reading.ts';
import { SCHEMA_VERSION } from '../database/schema.ts';
import { isSigned, signBytes } from './signature.ts';

/**
 * A signature over the revision's name, kept in the file. The name is a hash of all that the file says and is recomputed when
 * a database is taken, so this signature holds however it travelled: packed anew, by way of a console, or as changes
 * that were applied to another revision. The time of building is signed too: an old database can't be passed off as new.
 */
export function revisionStatement(revision: string, builtAt: string): Buffer {
  return Buffer.from(
    `hullcheck vulnerability database\nschema ${SCHEMA_VERSION}\nrevision ${revision}\nbuilt ${builtAt}\n`,
  );
}

export type SignatureState = 'signed' | 'wrongly-signed' | 'not-signed' | 'not-verified';

/** What a verified database file proves. `not-verified`: it holds a signature, and no key was given to check it by. */
export function revisionSignature(location: string, keys: readonly KeyObject[]): SignatureState {
  const file = openFile(location);
  try {
    const row = file.connection.prepare(`select value from meta where key = 'signature'`).get();
    if (row === undefined) return 'not-signed';
    if (keys.length === 0) return 'not-verified';
    return isSigned(revisionStatement(file.revision, file.builtAt), textOf(row.value), keys)
      ? 'signed'
      : 'wrongly-signed';
  } finally {
    file.connection.close();
  }
}

export function readSignature(location: string): string | null {
  const file = openFile(location);
  try {
    const row = file.connection.prepare(`select value from meta where key = 'signature'`).get();
    return row === undefined ? null : textOf(row.value);
  } finally {
    file.connection.close();
  }
}

/** Refuses what no given key signed. Without keys everything passes: the caller says then that nothing was verified. */
export function requireSignedRevision(location: string, keys: readonly KeyObject[], place: string): void {
  if (keys.length === 0) return;
  const state = revisionSignature(location, keys);
  if (state !== 'signed')
    throw signatureFault(state === 'not-signed' ? 'it is not signed' : 'no trusted key signed it', place);
}

export function signatureFault(reason: string, place: string): Fault {
  return new Fault('database-invalid', `the vulnerability database is refused: ${reason}`, {
    place,
    hint: 'The database in use stays. The keys that are trusted are in the file that HULLCHECK_DB_KEY names.',
  });
}

/** Signs a copy that nobody else knows yet; the file at `location` is written to. */
export function signRevision(location: string, key: KeyObject): void {
  const { connection, revision, builtAt } = openFile(location);
  connection.close();
  const writable = new DatabaseSync(location);
  try {
    writable.exec('pragma journal_mode = delete');
    const signature = signBytes(revisionStatement(revision, builtAt), key);
    writable.prepare(`insert or replace into meta values ('signature', ?)`).run(signature);
  } finally {
    writable.close();
  }
}
