import { constants, mkdir, open, rename, rm } from 'node:fs/promises';
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
  /** A report that the console has not acknowledged. */
  readUnsent(): Promise<unknown>;
  /** Keeps report and number before it is sent: what was observed outlives a crash of this process and of the console. */
  keepUnsent(sequence: number, report: string): Promise<void>;
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

  async function write(name: string, text: string): Promise<void> {
    const temporary = at(`${name}.new`);
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(text);
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
    } catch (cause) {
      throw new Fault('storage-full', 'the agent could not write its state', { place: at(name), cause });
    }
  }

  async function read(name: string, bytesMax: number): Promise<string | undefined> {
    try {
      // The half with more rights reads here too: no link, no pipe and no endless file that the other one put there.
      const file = await open(at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const { size, isRegular } = await file
          .stat()
          .then((found) => ({ size: found.size, isRegular: found.isFile() }));
        return isRegular && size <= bytesMax ? await file.readFile('utf8') : undefined;
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  return {
    async readIdentity() {
      const parsed = IdentityFile.safeParse(parseJson(await read(IDENTITY, keyFileBytesMax)));
      return parsed.success ? parsed.data : undefined;
    },
    writeIdentity: (identity) => write(IDENTITY, JSON.stringify(identity)),
    async readSequence() {
      const number = Number(await read(SEQUENCE, 100));
      return Number.isSafeInteger(number) && number > 0 ? number : 0;
    },
    readUnsent: async () => parseJson(await read(UNSENT, spoolBytesMax)),
    async keepUnsent(sequence, report) {
      await write(SEQUENCE, String(sequence));
      // A report beyond the bound is not kept: after a restart the next one is full anyway.
      if (Buffer.byteLength(report) <= spoolBytesMax) await write(UNSENT, report);
      else await rm(at(UNSENT), { force: true });
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
