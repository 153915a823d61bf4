import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsoleClient,
  type ContainerEngine,
  consoleClient,
  dockerdAvailable,
  findFreePort,
  startDockerd,
  startHullcheck,
  writePlainImage,
} from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';

const token = 'agent-killed-bootstrap-token-0123456789';

/** A way to an engine that stops in the middle of an exported image for as long as it is held. */
interface HeldSocket {
  readonly path: string;
  hold(): Promise<void>;
  release(): void;
  close(): void;
}

/** Of the archive below: the answer's headers, the manifest and part of the layer. */
const PASSED_BYTES = 6 * 1024;

function openHeldSocket(path: string, enginePath: string): HeldSocket {
  let isHeld = false;
  let reached: () => void = () => undefined;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    const engine = createConnection(enginePath);
    let passedBytes = Number.NEGATIVE_INFINITY;
    for (const socket of [client, engine]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (isHeld && /^GET \S+\/images\/\S+\/get[? ]/.test(bytes.toString('latin1'))) passedBytes = 0;
      engine.write(bytes);
    });
    engine.on('data', (bytes) => {
      const part = isHeld && passedBytes >= 0 ? bytes.subarray(0, Math.max(PASSED_BYTES - passedBytes, 0)) : bytes;
      passedBytes += part.byteLength;
      client.write(part);
      if (part.byteLength === bytes.byteLength) return;
      engine.pause();
      reached();
    });
  });
  server.listen(path);
  return {
    path,
    hold() {
      isHeld = true;
      return new Promise((resolve) => {
        reached = resolve;
      });
    },
    release() {
      isHeld = false;
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** What an agent says of an image that it has read. */
const READ = /: read docker\S*\/sha256:/;

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** A process and all below it, as they are now. */
function processTree(root: number): readonly Process[] {
  const pids = [root];
  for (const pid of pids)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      pids.push(...readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
  return pids.map((pid) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }));
}

/** Ended and buried, or its number taken by another program. */
function isGone({ pid, command }: Process): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') !== command;
  } catch {
    return true;
  }
}

describe.skipIf(!dockerdAvailable)(
  'a real agent that is killed in the middle of a reading',
  { timeout: 240_000 },
  () => {
    let folder: string;
    let running: RunningConsole;
    let client: ConsoleClient;
    let engine: ContainerEngine;
    let held: HeldSocket;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hc-killed-'));
      running = await runConsole({
        dataDir: join(folder, 'console'),
        listen: `127.0.0.1:${await findFreePort()}`,
        role: 'all',
        offline: true,
        starterPath: join(import.meta.dirname, '../../../../data/starter/hullcheck-starter.db.zst'),
        version: '0',
        log: pino({ level: 'silent' }),
        bootstrapToken: token,
      });
      client = consoleClient(running.url, token);
      engine = await startDockerd();
      held = openHeldSocket(join(folder, 'held.sock'), engine.socketPath);
    }, 120_000);
    afterAll(async () => {
      held?.close();
      await engine?.stop();
      await running?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const start = (enrollToken?: string) =>
      startHullcheck(['agent', '--server', client.url, '--name', 'killed-host', '--data', join(folder, 'agent')], {
        env: {
          DOCKER_HOST: `unix://${held.path}`,
          ...(enrollToken === undefined ? {} : { HULLCHECK_ENROLL_TOKEN: enrollToken }),
        },
      });

    it.each([
      {
        half: 'network',
        victim: (tree: readonly Process[]) => tree.find(({ command }) => /network-half/.test(command)),
      },
      { half: 'privileged', victim: (tree: readonly Process[]) => tree[0] },
    ])('reads it to its end after a restart, when its $half half died', async ({ half, victim }) => {
      const archive = join(folder, `${half}.tar`);
      writePlainImage(archive, `killed/${half}`, {
        'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n',
        'lib/apk/db/installed': `P:own-${half}\nV:1-r0\nA:x86_64\n\n`,
      });
      await engine.load(archive);
      const reached = held.hold();
      const first = start((await client.call('agents.enrollments', {})).token);
      await Promise.race([
        reached,
        sleep(90_000).then(() => Promise.reject(new Error(`nothing was read:\n${first.output()}`))),
      ]);
      const treeNow = () => processTree(first.process.pid ?? 0);
      await expect.poll(() => treeNow().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
      // Long enough for what has passed to be in the process that reads the layer.
      await sleep(500);
      const tree = treeNow();
      process.kill(victim(tree)?.pid ?? 0, 'SIGKILL');
      for (let tries = 0; tries < 200 && !tree.every(isGone); tries += 1) await sleep(100);
      expect(tree.filter((one) => !isGone(one))).toEqual([]);
      expect(first.output()).not.toMatch(READ);

      held.release();
      const second = start();
      try {
        await second.until(READ, 90_000);
        const { items } = await client.call('images.list', { query: { limit: 1, repository: `killed/${half}` } });
        const image = await client.settled(items[0]?.id ?? '', 60_000);
        expect(image).toMatchObject({ packages: 1, assessment: { readBy: 'killed-host' } });
      } finally {
        expect(await second.stop()).toBe(0);
      }
    });
  },
);
