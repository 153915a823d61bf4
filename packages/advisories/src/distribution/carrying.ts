import type { KeyObject } from 'node:crypto';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '@hullcheck/core';
import { inPlaceOf, isPacked, packFile, unpackDatabase } from '../database/packing.ts';
import { openFile } from '../database/reading.ts';
import { verifyDatabase } from '../database/revision.ts';
import { databasesFolder } from '../database/revisions.ts';
import { SIGNATURE_CHARACTERS_MAX } from './limits.ts';
import { isFileSigned, signFile } from './signature.ts';
import { requireSignedRevision, signatureFault, signRevision } from './signed-revision.ts';

export interface PackedDatabase {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Packs a verified database into one file to carry to another machine. With a key the revision is signed in it, and the file
 * by `<to>.sig` beside it, as `cosign sign-blob` would.
 */
export async function exportDatabase(location: string, to: string, signingKey?: KeyObject): Promise<PackedDatabase> {
  verifyDatabase(location);
  if (signingKey === undefined) return await packFile(location, to);
  const copy = `${to}.${randomUUID()}.db`;
  try {
    await copyFile(location, copy);
    signRevision(copy, signingKey);
    const packed = await packFile(copy, to);
    await writeFile(`${to}.sig`, `${await signFile(to, signingKey)}\n`);
    return packed;
  } finally {
    await rm(copy, { force: true });
  }
}

/**
 * Takes a packed or plain database file into the cache, verified: the path of its revision. With keys only what one of them
 * signed: where `<from>.sig` is there it must fit, before anything of the file is unpacked; else the revision's own
 * signature must. Whatever is refused, the databases of the cache stay.
 */
export async function importDatabase(from: string, cacheDir: string, keys: readonly KeyObject[] = []): Promise<string> {
  const folder = databasesFolder(cacheDir);
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `.building-${randomUUID()}.db`);
  try {
    const vouched = await isVouchedFor(from, keys);
    if (await isPacked(from)) await unpackDatabase(from, temporary);
    else {
      await copyFile(from, temporary);
      verifyDatabase(temporary);
    }
    if (!vouched) requireSignedRevision(temporary, keys, from);
    return await takeRevision(temporary, folder);
  } catch (error) {
    throw error instanceof Fault ? inPlaceOf(error, temporary, from) : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Checks a packed or plain file as `importDatabase` would, and takes nothing. */
export async function verifyFile(location: string, scratchDir: string, keys: readonly KeyObject[] = []) {
  const vouched = await isVouchedFor(location, keys);
  if (!(await isPacked(location))) {
    const status = verifyDatabase(location);
    if (!vouched) requireSignedRevision(location, keys, location);
    return status;
  }
  await mkdir(scratchDir, { recursive: true });
  const temporary = path.join(scratchDir, `.building-${randomUUID()}.db`);
  try {
    await unpackDatabase(location, temporary);
    if (!vouched) requireSignedRevision(temporary, keys, location);
    return { ...verifyDatabase(temporary), path: location };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a verified database that nobody else knows yet its name in the folder: from then on it can be found. */
export async function takeRevision(temporary: string, folder: string): Promise<string> {
  const file = openFile(temporary);
  file.connection.close();
  const location = path.join(folder, `${file.revision}.db`);
  const handle = await open(temporary, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, location);
  return location;
}

/** Whether a signature lies beside the file; one that fits no key is a fault. */
async function isVouchedFor(location: string, keys: readonly KeyObject[]): Promise<boolean> {
  if (keys.length === 0) return false;
  const signature = await readShort(`${location}.sig`);
  if (signature === undefined) return false;
  if (!(await isFileSigned(location, signature, keys))) {
    throw signatureFault('no trusted key made the signature beside it', location);
  }
  return true;
}

async function readShort(location: string): Promise<string | undefined> {
  const handle = await open(location, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(SIGNATURE_CHARACTERS_MAX + 1);
    const { bytesRead } = await handle.read(bytes, 0, bytes.byteLength, 0);
    return bytes.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
