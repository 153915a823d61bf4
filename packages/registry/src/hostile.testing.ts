/** Registries that attack their client, and a client that has a secret. */
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Digest, parseDigest } from '@hullcheck/core';
import { type Script, type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
import type { Clock } from './clock.ts';

const open: (() => Promise<void>)[] = [];

/** Ends what the test has opened; for `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}

export async function serve(script: Script, address?: string): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, address);
  open.push(() => server.stop());
  return server;
}

/** Time that passes without waiting, so that a storm of retries takes no seconds. */
export function fastClock(): Clock & { waitedMs: number } {
  let now = Date.parse('2026-01-01T00:00:00Z');
  return {
    waitedMs: 0,
    now: () => now,
    random: () => 0,
    async wait(durationMs) {
      now += durationMs;
      this.waitedMs += durationMs;
    },
  };
}

export const credentials = { kind: 'basic', username: 'user', password: 'CANARY-secret' } as const;
export const canary = Buffer.from('user:CANARY-secret').toString('base64');

export function clientOf(server: ScriptedServer, options: Partial<RegistryClientOptions> = {}): RegistryClient {
  const client = createRegistryClient({
    registry: server.origin,
    egress: { registry: ['loopback'], elsewhere: [] },
    credentials,
    clock: fastClock(),
    ...options,
  });
  open.push(() => client.close());
  return client;
}

export const sees = (server: ScriptedServer) => JSON.stringify(server.seen.map(({ headers, path }) => [headers, path]));
export const signal = () => AbortSignal.timeout(15_000);
export const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

export const blob = randomBytes(300_000);
export const digest = digestOf(blob);

export function digestOf(bytes: Uint8Array): Digest {
  const parsed = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (parsed === undefined) throw new Error('a hash is always a digest');
  return parsed;
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** Asks for Basic, then does what the script says. */
export const behindBasic =
  (script: Script): Script =>
  (request, response) => {
    if (request.headers.authorization === `Basic ${canary}`) script(request, response);
    else json(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' });
  };
