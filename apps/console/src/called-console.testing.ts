import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReport } from '@hullcheck/contract';
import {
  cloneDatabases,
  corpusArchive,
  databaseUrl,
  type PostgresEngine,
  postgresEngines,
  type TestPostgres,
} from '@hullcheck/testkit';
import pino from 'pino';
import { describe } from 'vitest';
import { runConsole } from './main.ts';
import type { RunningConsole } from './options.ts';
import { startEmbedded } from './postgres/embedded.ts';

export const bootstrap = 'bootstrap-token-of-the-test-0123456789';
const starterPath = join(import.meta.dirname, '../../../data/starter/hullcheck-starter.db.zst');
export const archive = (name: string) => corpusArchive(name) ?? '';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the test looks into answers whose schema the console has checked
  readonly body: any;
  readonly headers: Headers;
}

/** A console that is called as anyone could call it: without its client, by people, programs and agents of every rank. */
export interface CalledConsole {
  readonly folder: string;
  /** Where it is on a server; undefined: its own PostgreSQL is embedded. */
  readonly databaseUrl: string | undefined;
  readonly running: RunningConsole;
  /** Of `viewer`, `operator`, `admin`, the agent `agent`, and whoever was enrolled since. */
  readonly tokens: { readonly [who: string]: string };
  /** What it logged, all of it. */
  readonly lines: readonly string[];
  /** `who`: a name in `tokens`, a token, or nobody. */
  call(
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: { readonly [name: string]: string },
  ): Promise<Answer>;
  upload(path: string, name: string, more?: string): Promise<Pick<Answer, 'status' | 'body'>>;
  /** The image once nothing is queued or running for it. */
  settled(id: string): Promise<Answer['body']>;
  enrol(name: string): Promise<{ readonly agentId: string; readonly token: string; readonly command: string }>;
  /** Again, in the same folder, after it was stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The same suite on the embedded PostgreSQL and on a server. */
export function onEveryEngine(name: string, suite: (engine: PostgresEngine) => void): void {
  const log = pino({ level: 'silent' });
  for (const engine of postgresEngines((dataDir) => startEmbedded({ dataDir, log }))) {
    describe.skipIf(!engine.available || corpusArchive('alpine-3.10') === undefined)(`${name}, on ${engine.name}`, () =>
      suite(engine),
    );
  }
}

export async function startCalledConsole(engine: PostgresEngine): Promise<CalledConsole> {
  const folder = mkdtempSync(join(tmpdir(), 'hc-console-'));
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const tokens: { [who: string]: string } = {};
  let server: TestPostgres | undefined;
  let url: string | undefined;
  if (engine.name === 'a PostgreSQL server') {
    server = await engine.start();
    url = databaseUrl(await (await cloneDatabases(server, async () => undefined)).clone());
  }
  const start = () =>
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      starterPath,
      version: '0.0.0-test',
      log,
      bootstrapToken: bootstrap,
      ...(url === undefined ? {} : { databaseUrl: url }),
    });
  let running = await start();

  async function call(
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers: { readonly [name: string]: string } = {},
  ): Promise<Answer> {
    const bytes = body instanceof Uint8Array;
    const response = await fetch(running.url + path, {
      method,
      headers: {
        ...(who === null ? {} : { authorization: `Bearer ${tokens[who] ?? who}` }),
        ...(body === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: bytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' || !response.headers.get('content-type')?.includes('json') ? text : JSON.parse(text),
      headers: response.headers,
    };
  }

  async function enrol(name: string) {
    const { body } = await call(bootstrap, 'POST', '/api/v1/agents/enrollments');
    const enrolled = await call(null, 'POST', '/api/agent/v1/enroll', { token: body.token, name, version: '1' });
    tokens[name] = enrolled.body.key;
    return { agentId: enrolled.body.agentId as string, token: body.token as string, command: body.command as string };
  }

  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const { body } = await call(bootstrap, 'POST', '/api/v1/tokens', { name: role, role });
    tokens[role] = body.token;
  }
  await enrol('agent');
  return {
    folder,
    databaseUrl: url,
    get running() {
      return running;
    },
    tokens,
    lines,
    call,
    async upload(path, name, more = '') {
      const response = await fetch(`${running.url}/api/v1/uploads?name=${encodeURIComponent(name)}${more}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bootstrap}` },
        body: createReadStream(path) as never,
        duplex: 'half',
      } as RequestInit);
      return { status: response.status, body: await response.json() };
    },
    async settled(id) {
      for (let tries = 0; tries < 1500; tries += 1) {
        const { body } = await call(bootstrap, 'GET', `/api/v1/images/${id}`);
        if (body.assessment.activity === 'idle') return body;
        await sleep(100);
      }
      throw new Error('the assessment did not end');
    },
    enrol,
    async start() {
      running = await start();
    },
    async stop() {
      await running.stop();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const agentReport = (more: Partial<AgentReport>): AgentReport => ({
  agent: { version: '1', mode: 'inventory+read' },
  host: { machineId: 'machine-1', name: 'host-1', os: 'Debian 12', kernel: '6', architecture: 'amd64' },
  runtimes: [],
  full: true,
  sequence: 1,
  baseSequence: null,
  sentAt: new Date().toISOString(),
  images: [],
  containers: [],
  gone: { images: [], containers: [] },
  ...more,
});
