import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { parseJson } from './body.ts';
import type { Credentials } from './credentials.ts';
import { credentialFileBytesMax, credentialHelperBytesMax, credentialHelperTimeoutMs } from './limits.ts';
import { canonicalHost, dockerHub } from './reference.ts';

const Auth = z.object({
  auth: z.string().optional().catch(undefined),
  username: z.string().optional().catch(undefined),
  password: z.string().optional().catch(undefined),
  identitytoken: z.string().optional().catch(undefined),
});
const Config = z.object({
  auths: z.record(z.string(), Auth).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** A helper's name becomes a program's: letters, digits and single dashes only. */
const HELPER_NAME = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/i;
const HUB_KEY = 'https://index.docker.io/v1/';

export interface DockerCredentialOptions {
  /** Environment of helper programs (`PATH`, `HOME`, …). Without it no helper is started. */
  readonly helperEnvironment?: Readonly<Record<string, string | undefined>>;
  /** Name of the file; Podman's is `auth.json`. */
  readonly fileName?: string;
}

/**
 * The credentials that Docker (or Podman) would use for exactly this `host[:port]`; null where it has none.
 * A file that is there but can't be understood is a fault: falling back to another entry sends secrets to the wrong host
 * (docker/cli CVE-2021-41092).
 */
export async function readDockerCredentials(
  configDir: string,
  host: string,
  options: DockerCredentialOptions = {},
): Promise<Credentials | null> {
  const path = join(configDir, options.fileName ?? 'config.json');
  const bytes = await readBounded(path);
  if (bytes === null) return null;
  const parsed = Config.safeParse(parseJson(bytes));
  if (!parsed.success) throw new Fault('invalid-input', 'the credential file is not valid', { place: path });
  const registry = canonicalHost(host);
  const helper = Object.entries(parsed.data.credHelpers ?? {}).find(([key]) => hostOfKey(key) === registry)?.[1];
  const store = helper ?? parsed.data.credsStore;
  if (store !== undefined && options.helperEnvironment !== undefined) {
    const key = registry === dockerHub ? HUB_KEY : registry;
    const found = await askHelper(store, key, options.helperEnvironment);
    if (found !== null || helper !== undefined) return found;
  }
  for (const [key, entry] of Object.entries(parsed.data.auths ?? {})) {
    if (hostOfKey(key) !== registry) continue;
    const credentials = parseAuth(entry, path);
    if (credentials !== null) return credentials;
  }
  return null;
}

/** `host[:port]` of a key such as `ghcr.io`, `https://index.docker.io/v1/` or Podman's `quay.io/team`; exact, never by ending. */
function hostOfKey(key: string): string {
  return canonicalHost(key.replace(/^https?:\/\//i, '').split('/')[0] ?? '');
}

function parseAuth(entry: z.infer<typeof Auth>, path: string): Credentials | null {
  if (entry.identitytoken !== undefined && entry.identitytoken !== '') {
    return { kind: 'identity-token', token: entry.identitytoken };
  }
  if (entry.auth !== undefined && entry.auth !== '') {
    const text = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = text.indexOf(':');
    if (colon <= 0) throw new Fault('invalid-input', 'an entry of the credential file is not valid', { place: path });
    return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  if (entry.username !== undefined && entry.password !== undefined) {
    return { kind: 'basic', username: entry.username, password: entry.password };
  }
  return null;
}

/** Runs `docker-credential-<name> get` with the server on standard input, as Docker does. Null: it has no entry. */
async function askHelper(
  name: string,
  server: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | null> {
  if (!HELPER_NAME.test(name)) throw new Fault('invalid-input', 'not the name of a credential helper');
  const program = `docker-credential-${name}`;
  const { exitCode, output } = await run(program, server, environment);
  // Helpers say "not found" with exit code 1 and a sentence on standard output that differs from helper to helper.
  if (exitCode !== 0) return null;
  const answer = HelperAnswer.safeParse(parseJson(output));
  if (!answer.success)
    throw new Fault('invalid-input', 'the credential helper gave no credentials', { place: program });
  const { Username, Secret } = answer.data;
  if (Username === '<token>') return { kind: 'identity-token', token: Secret };
  return Username === '' && Secret === '' ? null : { kind: 'basic', username: Username, password: Secret };
}

async function run(
  program: string,
  input: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly exitCode: number; readonly output: Uint8Array }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; output: Uint8Array }>();
  const child = spawn(program, ['get'], {
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: credentialHelperTimeoutMs,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.byteLength;
    if (length > credentialHelperBytesMax) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  // A helper that ends without reading breaks the pipe; its exit code says what happened.
  child.stdin.on('error', () => undefined);
  child.once('error', (cause) =>
    reject(new Fault('invalid-input', 'the credential helper could not be started', { place: program, cause })),
  );
  child.once('close', (code) => resolve({ exitCode: code ?? -1, output: Buffer.concat(chunks) }));
  child.stdin.end(`${input}\n`);
  return await promise;
}

async function readBounded(path: string): Promise<Uint8Array | null> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Fault('invalid-input', 'the credential file could not be read', { place: path, cause });
  }
  try {
    const { size } = await file.stat();
    if (size > credentialFileBytesMax) {
      throw new Fault('limit-exceeded', `the credential file is larger than ${credentialFileBytesMax} bytes`, {
        place: path,
      });
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
