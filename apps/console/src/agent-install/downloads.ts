import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import type { AgentProgram } from '../options.ts';
import { installCommand, installScript } from './script.ts';

/** Files that hosts fetch, with the script that names their checksums. */
export interface AgentDownloads {
  /** `hullcheck.tar.gz`, `node-linux-<architecture>.gz`: path on disk. */
  readonly files: ReadonlyMap<string, string>;
  readonly script: string;
  readonly command: string;
}

/** How the console is reached by hosts, at the time of asking. */
export interface Reach {
  readonly url: string;
  readonly pin: string | null;
  readonly publicKeyPin: string | null;
}

/** Packing takes seconds of a processor, and anybody may ask for what is packed. */
const PACK_AGAIN_MS = 60_000;
const RUNTIME = /^node-linux-([a-z0-9]{1,20})$/;

/**
 * Prepares what hosts fetch: this very program, and the Node that runs it where it is one for Linux. `folder` keeps the
 * packed files; `runtimesFolder` may hold Node binaries for other processors, put there by whoever runs the console. The
 * first call packs, which takes seconds; the packed Node is kept from start to start.
 */
export function createAgentDownloads(
  program: AgentProgram,
  folder: string,
  runtimesFolder: string,
  /** Milliseconds of a clock that only goes forward. */
  now: () => number,
): (reach: Reach) => Promise<AgentDownloads> {
  const pack = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const archive = await program.pack();
    const archivePath = join(folder, 'hullcheck.tar.gz');
    await writeFile(`${archivePath}.new`, archive, { mode: 0o600 });
    await rename(`${archivePath}.new`, archivePath);
    const files = new Map([['hullcheck.tar.gz', archivePath]]);
    const runtimes = new Map<string, string>();
    for (const [architecture, source] of await findRuntimes(program, runtimesFolder)) {
      const name = `node-linux-${architecture}.gz`;
      runtimes.set(architecture, await packRuntime(source, join(folder, name)));
      files.set(name, join(folder, name));
    }
    return { version: program.version, packageSha256: sha256(archive), runtimes, files };
  };
  // A failure stays for a while: whoever asks again and again does not make the console pack again and again.
  const start = () => {
    const made = { packed: pack(), againAtMs: Number.POSITIVE_INFINITY };
    made.packed.catch(() => {
      made.againAtMs = now() + PACK_AGAIN_MS;
    });
    return made;
  };
  let attempt: ReturnType<typeof start> | undefined;
  return async ({ url, pin, publicKeyPin }) => {
    if (attempt === undefined || now() >= attempt.againAtMs) attempt = start();
    const { files, ...facts } = await attempt.packed.catch((cause: unknown) => {
      throw new Fault('storage-full', 'the agent could not be packed for other hosts', { cause, place: folder });
    });
    const script = installScript({ ...facts, server: url, pin, publicKeyPin });
    return { files, script, command: installCommand({ server: url, publicKeyPin }, sha256(script)) };
  };
}

async function findRuntimes(program: AgentProgram, runtimesFolder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (program.runtime !== null) found.set(program.runtime.architecture, program.runtime.path);
  const names = await readdir(runtimesFolder).catch((): string[] => []);
  for (const name of names.sort()) {
    const architecture = RUNTIME.exec(name)?.[1];
    if (architecture !== undefined) found.set(architecture, join(runtimesFolder, name));
  }
  return found;
}

/** Packs a Node binary unless this very file was packed before; gives the checksum of the packed one. */
async function packRuntime(source: string, path: string): Promise<string> {
  const { size, mtimeMs } = await stat(source);
  const note = `${path}.json`;
  const kept = await readFile(note, 'utf8').catch(() => '');
  const wanted = JSON.stringify({ source, size, mtimeMs });
  const [about, checksum = ''] = kept.split('\n');
  if (about === wanted && /^[0-9a-f]{64}$/.test(checksum) && (await checksumOf(path).catch(() => '')) === checksum)
    return checksum;
  await rm(note, { force: true });
  // Level 1: a third larger than the best and done in two seconds instead of ten; it is sent once to each host.
  await pipeline(createReadStream(source), createGzip({ level: 1 }), createWriteStream(`${path}.new`, { mode: 0o600 }));
  await rename(`${path}.new`, path);
  const made = await checksumOf(path);
  await writeFile(note, `${wanted}\n${made}\n`, { mode: 0o600 });
  return made;
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
