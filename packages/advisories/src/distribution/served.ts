import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileSha256, packFile } from '../database/packing.ts';
import { openFile } from '../database/reading.ts';
import { DELTA_STEPS_MAX } from './limits.ts';
import { writeDelta } from './write-delta.ts';

/**
 * What a console keeps for those who follow it, in `served` of its cache: the packed active revision, and the changes of
 * its last steps. All of it can be made again.
 */
export interface ServedFile {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The revision that it is or leads to. */
  readonly revision: string;
}

/** Seconds instead of a minute: whoever asks first waits for it. */
const COMPRESSION_LEVEL = 5;

function servedFolder(cacheDir: string): string {
  return path.join(cacheDir, 'served');
}

/** The packed file of a revision, made when it is first asked for; those of other revisions go. */
export async function servePacked(location: string, cacheDir: string): Promise<ServedFile> {
  const folder = servedFolder(cacheDir);
  await mkdir(folder, { recursive: true });
  const file = openFile(location);
  file.connection.close();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.db.zst'));
  const there = names.find((name) => name.startsWith(`${file.revision}.`));
  if (there !== undefined) return await describe(path.join(folder, there), file.revision);
  const temporary = path.join(folder, `.${randomUUID()}`);
  const { sha256 } = await packFile(location, temporary, COMPRESSION_LEVEL);
  const target = path.join(folder, `${file.revision}.${sha256}.db.zst`);
  await rename(temporary, target);
  for (const name of names) await rm(path.join(folder, name), { force: true });
  return await describe(target, file.revision);
}

/** Keeps what changed in one step, where that is worth it, and forgets the oldest steps. */
export async function keepStep(fromPath: string, toPath: string, cacheDir: string): Promise<void> {
  const folder = servedFolder(cacheDir);
  await mkdir(folder, { recursive: true });
  const [from, to] = [fromPath, toPath].map((location) => {
    const file = openFile(location);
    file.connection.close();
    return file.revision;
  });
  const temporary = path.join(folder, `.${randomUUID()}`);
  if ((await writeDelta(fromPath, toPath, temporary)) === undefined) return;
  const sha256 = await fileSha256(temporary);
  await rename(temporary, path.join(folder, `${from}.${to}.${sha256}.changes.zst`));
  const steps = await listSteps(folder);
  for (const { path: location } of steps.slice(DELTA_STEPS_MAX)) await rm(location, { force: true });
}

/** The step that leads on from this revision; undefined where none is kept. */
export async function serveStep(from: string, cacheDir: string): Promise<ServedFile | undefined> {
  const found = (await listSteps(servedFolder(cacheDir))).find((step) => step.from === from);
  return found === undefined ? undefined : await describe(found.path, found.to);
}

async function listSteps(folder: string) {
  const names = await readdir(folder).catch((): string[] => []);
  const steps = await Promise.all(
    names.map(async (name) => {
      const [, from, to] = /^([0-9a-f]{64})\.([0-9a-f]{64})\.[0-9a-f]{64}\.changes\.zst$/.exec(name) ?? [];
      const location = path.join(folder, name);
      const found = from === undefined || to === undefined ? undefined : await stat(location).catch(() => undefined);
      return found === undefined || from === undefined || to === undefined
        ? []
        : [{ path: location, from, to, at: found.mtimeMs }];
    }),
  );
  return steps.flat().sort((a, b) => b.at - a.at);
}

async function describe(location: string, revision: string): Promise<ServedFile> {
  const { size } = await stat(location);
  const sha256 = /\.([0-9a-f]{64})\.(?:db|changes)\.zst$/.exec(location)?.[1] ?? '';
  return { path: location, bytes: size, sha256, revision };
}
