import { constants, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { keyFileBytesMax, spoolBytesMax } from '../limits.ts';

/** What the agent is to its console. */
export interface Identity {
  readonly server: string;
  readonly agentId: string;
  readonly key: string;
  readonly pin: string | null;
}

/** The agent's memory on disk, each file 0600 in a folder of its own user. */
export interface StateFolder {
  readIdentity(): Promise<Identity | undefined>;
  writeIdentity(identity: Identity): Promise<void>;
  /** The number of the last report that was made, sent or not; 0 at the beginning. */
  readSequence(): Promise<number>;
  /** A report that the console has not acknowledged, read anew from its file each time it is asked for. */
  findUnsent(): Promise<(() => AsyncIterable<Uint8Array>) | undefined>;
  /** Keeps report and number before it is sent: what was observed outlives a crash of this process and of the console. */
  keepUnsent(sequence: number, pieces: Iterable<string>): Promise<void>;
  dropUnsent(): Promise<void>;
}

const IdentityFile = z.object({
  server: z.string(),
  agentId: z.string(),
  key: z.string().min(1),
  pin: z.string().nullable(),
});

const IDENTITY = 'identity.json';
const UNSENT = 'unsent.json';
const SEQUENCE = 'sequence';

export async function openStateFolder(folder: string): Promise<StateFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(folder, name);

  /** False, and the file as it was, where it would have more than so many bytes. */
  async function write(name: string, pieces: Iterable<string>, bytesMax = Number.POSITIVE_INFINITY): Promise<boolean> {
    const temporary = at(`${name}.new`);
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        let bytes = 0;
        for (const piece of pieces) {
          bytes += Buffer.byteLength(piece);
          if (bytes > bytesMax) return false;
          await file.appendFile(piece);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, at(name));
      const folderHandle = await open(folder, 'r');
      try {
        await folderHandle.sync();
      } finally {
        await folderHandle.close();
      }
      return true;
    } catch (cause) {
      throw new Fault('storage-full', 'the agent could not write its state', { place: at(name), cause });
    }
  }

  /** Undefined where there is no such file of at most so many bytes. */
  async function openFile(name: string, bytesMax: number): Promise<FileHandle | undefined> {
    try {
      // The half with more rights reads here too: no link, no pipe and no endless file that the other one put there.
      const file = await open(at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const found = await file.stat();
      if (found.isFile() && found.size <= bytesMax) return file;
      await file.close();
      return undefined;
    } catch {
      return undefined;
    }
  }

  async function read(name: string, bytesMax: number): Promise<string | undefined> {
    const file = await openFile(name, bytesMax);
    try {
      return await file?.readFile('utf8');
    } catch {
      return undefined;
    } finally {
      await file?.close();
    }
  }

  /** Nothing where the file is gone meanwhile: what the console then refuses is dropped. */
  async function* stream(name: string, bytesMax: number): AsyncGenerator<Uint8Array> {
    const file = await openFile(name, bytesMax);
    if (file !== undefined) yield* file.createReadStream();
  }

  return {
    async readIdentity() {
      const parsed = IdentityFile.safeParse(parseJson(await read(IDENTITY, keyFileBytesMax)));
      return parsed.success ? parsed.data : undefined;
    },
    writeIdentity: async (identity) => void (await write(IDENTITY, [JSON.stringify(identity)])),
    async readSequence() {
      const number = Number(await read(SEQUENCE, 100));
      return Number.isSafeInteger(number) && number > 0 ? number : 0;
    },
    async findUnsent() {
      const file = await openFile(UNSENT, spoolBytesMax);
      await file?.close();
      return file === undefined ? undefined : () => stream(UNSENT, spoolBytesMax);
    },
    async keepUnsent(sequence, pieces) {
      await write(SEQUENCE, [String(sequence)]);
      // A report beyond the bound is not kept: after a restart the next one is full anyway.
      if (await write(UNSENT, pieces, spoolBytesMax)) return;
      for (const name of [UNSENT, `${UNSENT}.new`]) await rm(at(name), { force: true });
    },
    dropUnsent: () => rm(at(UNSENT), { force: true }),
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
