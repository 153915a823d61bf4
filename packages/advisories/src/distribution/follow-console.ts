import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault, toFault } from '@hullcheck/core';
import { type Answer, createTransport, type Transport, type TransportOptions } from '@hullcheck/registry';
import * as z from 'zod';
import { inPlaceOf, unpackDatabase } from '../database/packing.ts';
import { openFile } from '../database/reading.ts';
import { databasesFolder, newestDatabase } from '../database/revisions.ts';
import { networkFault } from '../feeds/http.ts';
import { applyDelta } from './apply-delta.ts';
import { parseJson } from './artifact.ts';
import { takeRevision } from './carrying.ts';
import {
  CONSOLE_STATUS_BYTES_MAX,
  DELTA_BYTES_MAX,
  DELTA_STEPS_MAX,
  PACKED_BYTES_MAX,
  PULL_MS_MAX,
  RESUME_BYTES_MIN,
  RESUMES_MAX,
} from './limits.ts';
import { whyKept } from './pull.ts';
import { reportOf, type TakeOptions, type TakeReport } from './report.ts';
import { requireSignedRevision } from './signed-revision.ts';

export interface FollowOptions extends TakeOptions {
  /** Origin of the console. */
  readonly url: string;
  /** API token; goes to this origin and nowhere else. */
  readonly token: string | null;
  readonly transport: TransportOptions;
}

const consoleStatus = z.object({
  revision: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  builtAt: z.string().nullable(),
});

/**
 * Takes the active database of a console: step by step what changed since the one in use, where the console has kept those
 * steps; else the whole. Whatever fails, the database in use stays; a step that does not fit leads to the whole.
 */
export async function followConsole(options: FollowOptions): Promise<TakeReport> {
  const server = connect(options);
  const folder = databasesFolder(options.cacheDir);
  await mkdir(folder, { recursive: true });
  try {
    const offered = await server.status();
    const current = options.current ?? (await newestDatabase(folder)).found?.path;
    const kept = current === undefined ? undefined : whyKept(current, offered);
    if (kept !== undefined && current !== undefined) return reportOf(current, { outcome: kept, way: null, bytes: 0 });
    const stepped =
      current === undefined ? undefined : await takeSteps(server, current, offered.revision, folder, options);
    return stepped ?? (await takeWhole(server, current, folder, options));
  } finally {
    await server.close();
  }
}

async function takeSteps(
  server: Server,
  current: string,
  target: string,
  folder: string,
  { keys }: FollowOptions,
): Promise<TakeReport | undefined> {
  let at = { path: current, revision: revisionOf(current) };
  let bytes = 0;
  // Steps go on from a file of the folder, which the starter is not.
  if (path.dirname(current) !== folder) return undefined;
  for (let steps = 1; steps <= DELTA_STEPS_MAX; steps += 1) {
    const packed = path.join(folder, `.building-${randomUUID()}.zst`);
    try {
      const arrived = await server.download(`/api/v1/database/changes?from=${at.revision}`, packed, DELTA_BYTES_MAX);
      bytes += arrived.bytes;
      const next = await applyDelta(at.path, packed, keys, server.place);
      if (at.path !== current) await rm(at.path, { force: true });
      at = { path: next, revision: revisionOf(next) };
    } catch (error) {
      if (at.path !== current) await rm(at.path, { force: true });
      if (WHOLE_INSTEAD.has(toFault(error).code)) return undefined;
      throw error;
    } finally {
      await rm(packed, { force: true });
    }
    if (at.revision === target) {
      if (isOlder(at.path, current)) break;
      return reportOf(at.path, { outcome: 'taken', way: { kind: 'changes', steps }, bytes });
    }
  }
  if (at.path !== current) await rm(at.path, { force: true });
  return undefined;
}

/** The console has not kept the step, or what it kept does not fit. */
const WHOLE_INSTEAD: ReadonlySet<string> = new Set([
  'not-found',
  'database-invalid',
  'limit-exceeded',
  'digest-mismatch',
]);

async function takeWhole(
  server: Server,
  current: string | undefined,
  folder: string,
  { keys, onProgress }: FollowOptions,
): Promise<TakeReport> {
  const packed = path.join(folder, `.building-${randomUUID()}.zst`);
  const temporary = path.join(folder, `.building-${randomUUID()}.db`);
  try {
    const { bytes } = await server.download('/api/v1/database/file', packed, PACKED_BYTES_MAX, onProgress);
    await unpackDatabase(packed, temporary);
    requireSignedRevision(temporary, keys, server.place);
    if (current !== undefined && isOlder(temporary, current)) {
      throw new Fault('database-invalid', 'the vulnerability database is refused: it is older than the one in use', {
        place: server.place,
      });
    }
    const location = await takeRevision(temporary, folder);
    return reportOf(location, { outcome: 'taken', way: { kind: 'whole' }, bytes });
  } catch (error) {
    throw error instanceof Fault ? inPlaceOf(error, packed, server.place) : error;
  } finally {
    await rm(packed, { force: true });
    await rm(temporary, { force: true });
  }
}

/**
 * Asked of what arrived, by the time that is signed in it: the time that a console states beside it is signed by nobody, and with
 * a false one an old signed database would be taken for a new one.
 */
function isOlder(location: string, current: string): boolean {
  const [arrived, used] = [location, current].map((one) => {
    const file = openFile(one);
    file.connection.close();
    return Date.parse(file.builtAt);
  });
  return !(Number(arrived) >= Number(used));
}

function revisionOf(location: string): string {
  const file = openFile(location);
  file.connection.close();
  return file.revision;
}

interface Server {
  readonly place: string;
  status(): Promise<{ readonly revision: string; readonly builtAt: string }>;
  /** Writes an answer to a file, whole and as its digest says, picked up where it breaks. */
  download(
    from: string,
    to: string,
    bytesMax: number,
    onProgress?: TakeOptions['onProgress'],
  ): Promise<{ readonly bytes: number }>;
  close(): Promise<void>;
}

function connect({ url, token, transport: transportOptions, ...options }: FollowOptions): Server {
  const transport: Transport = createTransport(transportOptions);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PULL_MS_MAX)]);
  const place = new URL(url).host;

  async function ask(from: string, accepts: readonly number[], headers: Record<string, string> = {}): Promise<Answer> {
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const request = {
      method: 'GET',
      url: new URL(from, url),
      reach: 'registry',
      headers: { 'accept-encoding': 'identity', ...headers, ...authorization },
    } as const;
    const answer = await transport.exchange(request, signal).catch((error: unknown) => {
      throw networkFault(error, place, options.signal);
    });
    if (accepts.includes(answer.status)) return answer;
    answer.body.destroy();
    throw refusal(answer.status, place);
  }

  return {
    place,
    async status() {
      const answer = await ask('/api/v1/database', [200]);
      const parsed = consoleStatus.safeParse(parseJson(await readAll(answer, place)));
      if (!parsed.success) throw new Fault('unsupported', 'what answers there is no console of Hullcheck', { place });
      const { revision, builtAt } = parsed.data;
      if (revision === null || builtAt === null) {
        throw new Fault('not-found', 'the console has no vulnerability database yet', { place });
      }
      return { revision, builtAt };
    },
    async download(from, to, bytesMax, onProgress) {
      const first = await ask(from, [200]);
      const etag = first.headers.etag ?? '';
      const sha256 = /^"sha256-([0-9a-f]{64})"$/.exec(etag)?.[1];
      const length = Number(first.headers['content-length']);
      if (sha256 === undefined || !Number.isSafeInteger(length) || length > bytesMax) {
        first.body.destroy();
        throw new Fault('limit-exceeded', `the console offers no file of at most ${bytesMax} bytes`, { place });
      }
      const hash = createHash('sha256');
      async function* arriving(): AsyncGenerator<Uint8Array> {
        let answer = first;
        let bytes = 0;
        for (let resumes = 0; ; ) {
          const before = bytes;
          try {
            for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
              bytes += chunk.byteLength;
              if (bytes > length) throw new Fault('size-mismatch', `the console sends more than it stated`, { place });
              hash.update(chunk);
              onProgress?.(bytes, length);
              yield chunk;
            }
          } catch (error) {
            if (error instanceof Fault || signal.aborted) throw error;
          } finally {
            answer.body.destroy();
          }
          if (bytes === length) return;
          resumes = bytes - before >= RESUME_BYTES_MIN ? 1 : resumes + 1;
          if (resumes > RESUMES_MAX)
            throw new Fault('truncated', 'the connection to the console breaks again and again', { place });
          // The same bytes or a new answer from the start, which would not fit: then this download ends.
          answer = await ask(from, [206], { range: `bytes=${bytes}-`, 'if-range': etag });
          if (!(answer.headers['content-range'] ?? '').startsWith(`bytes ${bytes}-`)) {
            answer.body.destroy();
            throw new Fault('unsupported', 'the console answers with another part than was asked for', { place });
          }
        }
      }
      await pipeline(arriving, createWriteStream(to));
      if (hash.digest('hex') !== sha256) {
        throw new Fault('digest-mismatch', 'what arrived is not what the console named', { place });
      }
      return { bytes: length };
    },
    close: () => transport.close(),
  };
}

async function readAll(answer: Answer, place: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > CONSOLE_STATUS_BYTES_MAX)
      throw new Fault('limit-exceeded', "the console's answer is too large", { place });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function refusal(status: number, place: string): Fault {
  if (status === 401 || status === 403) {
    return new Fault('authorization-failed', `the console does not let this in (HTTP ${status})`, {
      place,
      hint: 'Give an API token of the role viewer in HULLCHECK_TOKEN or HULLCHECK_TOKEN_FILE.',
    });
  }
  if (status === 404) return new Fault('not-found', 'the console has nothing there', { place });
  if (status === 429) return new Fault('rate-limited', 'the console limits requests', { place });
  if (status >= 300 && status < 400) {
    return new Fault('unsupported', 'the console sends elsewhere, and its token goes nowhere else', { place });
  }
  return new Fault('unreachable', `the console answered ${status}`, { place });
}
