import { spawn } from 'node:child_process';
import { chown, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault, type FaultCode } from '@hullcheck/core';
import { z } from 'zod';
import type { Orders } from './network-half.ts';
// Not from where the console is called: the half that holds the sockets never calls it and needs no schemas of its API.
import type { RegistryScope } from './report/registry-inventory.ts';
import { parsePin, parseServer } from './report/server-address.ts';
import { openStateFolder } from './report/state-folder.ts';
import { answerSecrets, type Secret } from './secret-question.ts';
import { memoryHere, networkHalfFlags, smallProcessEnvironment } from './small-process.ts';
import { openSocketHalf, type SocketHalf } from './socket/half.ts';

export interface AgentOptions {
  /** Address of the console. */
  readonly server: string;
  /** Name of this host on the console; its host name by default. */
  readonly name?: string;
  /** SHA-256 fingerprint of the console's certificate, in hex; it is kept at enrolment. */
  readonly pin?: string;
  /** The agent's own folder: its key, the number of its last report, a report not yet sent. */
  readonly dataDir: string;
  /** Asked only while the agent has no key that the console takes. */
  readonly readEnrollment: () => Promise<Enrollment | undefined>;
  /** One report (and the readings that the console asks for), then end. */
  readonly once: boolean;
  /** Write what would be reported and end; no console is needed. */
  readonly dryRun: boolean;
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** Labels that are reported besides those of the list; a trailing `*` stands for anything. */
  readonly labels: readonly string[];
  /** What is reported: this host's engines, with or without reading images; a cluster; a registry. */
  readonly source: AgentSource;
  /** Result, for standard output. */
  readonly write: (text: string) => void;
  /** Progress, for standard error. */
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the agent gets its key for: a token that is used once, or the one of its pod's service account, read when it is used. */
export type Enrollment = { readonly token: string } | { readonly serviceAccountToken: () => Promise<string> };

/** Where an agent's inventory comes from. */
export type AgentSource =
  | { readonly mode: 'inventory' | 'inventory+read' }
  /** Null: the access that a pod has. */
  | {
      readonly mode: 'cluster';
      readonly access: { readonly server: string; readonly caPath: string | null; readonly tokenPath: string } | null;
      /** The service account of the pods that enrol as agents of their nodes; null: none do. */
      readonly nodes: { readonly namespace: string; readonly serviceAccount: string } | null;
    }
  | {
      readonly mode: 'collector';
      readonly scope: RegistryScope;
      /** Folder of Docker's `config.json`, for this registry's credential. */
      readonly dockerConfig: string;
    };

/** The user that owns nothing, on every Linux. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;
const NETWORK_HALF = join(import.meta.dirname, `network-half${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);
const STOP_MS = 10_000;

/**
 * Reports this host until the signal ends it. This process is the privileged half: it opens the engines' sockets and
 * serves listed reads of them to a second process, which alone talks to the console, as nobody where this one is root.
 * Throws `Fault`: `invalid-input`, `unauthenticated` (no or a refused token), `ssl-handshake`, with `once` also `unreachable`.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const server = options.dryRun ? options.server : parseServer(options.server).origin;
  const pin = options.pin === undefined ? null : parsePin(options.pin);
  const assignment = await assign(options);
  const user = await chooseUser(options);
  const folder = options.dryRun ? undefined : await openOwnFolder(options.dataDir, user);
  const { environment, uid, labels } = options;
  const isHost = options.source.mode === 'inventory' || options.source.mode === 'inventory+read';
  // A cluster and a registry are asked over the network: there is no socket, and nothing to be privileged for.
  const half = isHost ? await openSocketHalf({ environment, uid, labels, peer: user }) : NO_SOCKETS;
  try {
    const isEnrolled = (await folder?.readIdentity())?.server === server;
    let enrollment = folder === undefined || isEnrolled ? undefined : await loadEnrollment(options, server);
    for (;;) {
      const { controlPath } = half;
      const orders = toOrders(options, { server, pin, user, enrollment, controlPath, source: assignment.orders });
      const fault = await runNetworkHalf(half, orders, assignment.secret ?? secretOf(enrollment), options);
      if (fault === undefined || options.signal.aborted) return;
      // A key that the console forgot: a token, where one is at hand, makes a new one.
      const isKeyRefused = fault.code === 'unauthenticated' && enrollment === undefined;
      enrollment = isKeyRefused ? await options.readEnrollment() : undefined;
      if (enrollment === undefined) throw fault;
      options.log('hullcheck agent: the console does not know this agent any more; enrolling again\n');
    }
  } finally {
    await half.close();
  }
}

async function loadEnrollment(options: AgentOptions, server: string): Promise<Enrollment> {
  const enrollment = await options.readEnrollment();
  if (enrollment !== undefined) return enrollment;
  throw new Fault('unauthenticated', 'this agent is not enrolled with this console and was given no enrolment token', {
    place: server,
    hint: 'Use the command that the console shows for adding a host.',
  });
}

function secretOf(enrollment: Enrollment | undefined): Assignment['secret'] {
  if (enrollment === undefined || 'token' in enrollment) return null;
  return async () => ({ token: await enrollment.serviceAccountToken() });
}

const NO_SOCKETS: SocketHalf = { controlPath: '', close: async () => undefined };

interface OrderParts {
  readonly server: string;
  readonly pin: string | null;
  readonly user: typeof NOBODY | null;
  readonly enrollment: Enrollment | undefined;
  readonly controlPath: string;
  readonly source: Orders['source'];
}

function toOrders(options: AgentOptions, { enrollment, ...parts }: OrderParts): Orders {
  return {
    ...parts,
    enrollment: toEnrollmentOrder(enrollment),
    name: options.name ?? null,
    dataDir: options.dataDir,
    once: options.once,
    dryRun: options.dryRun,
    version: options.version,
  };
}

function toEnrollmentOrder(enrollment: Enrollment | undefined): Orders['enrollment'] {
  if (enrollment === undefined) return null;
  return 'token' in enrollment ? { kind: 'token', token: enrollment.token } : { kind: 'service-account' };
}

/** What the other half does, and how it gets the secret that this takes. */
interface Assignment {
  readonly orders: Orders['source'];
  readonly secret: (() => Promise<Secret>) | null;
}

async function assign({ source, environment }: AgentOptions): Promise<Assignment> {
  switch (source.mode) {
    case 'inventory':
    case 'inventory+read':
      return { orders: source, secret: null };
    // Loaded for their own agents alone: together they take as much memory as all else of this half.
    case 'cluster': {
      const { fileAccess, podAccess } = await import('./report/cluster-source.ts');
      const { access: named } = source;
      const access =
        named === null ? await podAccess(environment) : await fileAccess(named.server, named.caPath, named.tokenPath);
      return {
        orders: { mode: source.mode, server: access.server.origin, ca: access.ca, nodes: source.nodes },
        secret: async () => ({ token: await access.token() }),
      };
    }
    case 'collector': {
      const { readDockerCredentials } = await import('./registry-secret.ts');
      const { mode, dockerConfig, scope } = source;
      return {
        orders: { mode, scope },
        secret: async () => ({
          credentials: await readDockerCredentials(dockerConfig, scope.registry, { helperEnvironment: environment }),
        }),
      };
    }
  }
}

/** Runs the second process to its end; gives the fault that ended it, or undefined where it was asked to end or was done. */
async function runNetworkHalf(
  half: SocketHalf,
  orders: Orders,
  secret: Assignment['secret'],
  options: AgentOptions,
): Promise<Fault | undefined> {
  const child = spawn(process.execPath, [...networkHalfFlags(options.source.mode, memoryHere()), NETWORK_HALF], {
    // No environment but this: it holds no credential, and nobody's process needs none.
    env: {
      ...smallProcessEnvironment,
      TMPDIR: tmpdir(),
      ...pick(options.environment, ['LANG', 'TZ', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']),
    },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  if (secret !== null) answerSecrets(child, secret);
  const [input, output, errors, last] = child.stdio;
  let said = '';
  output?.setEncoding('utf8').on('data', options.write);
  errors?.setEncoding('utf8').on('data', options.log);
  if (last !== null && last !== undefined && 'setEncoding' in last) {
    last.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 64 * 1024) said += text;
    });
    last.on('error', () => undefined);
  }
  input?.on('error', () => undefined);
  input?.end(JSON.stringify(orders));

  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once('error', (cause) => reject(new Fault('internal', 'the network half could not be started', { cause })));
    child.once('close', (code) => resolve(code));
    const code = await promise;
    return code === 0 || options.signal.aborted ? undefined : parseLastWords(said, half.controlPath);
  } finally {
    clearTimeout(killer);
    options.signal.removeEventListener('abort', stop);
  }
}

const LastWords = z.object({
  code: z.string(),
  message: z.string(),
  place: z.string().nullable(),
  hint: z.string().nullable(),
});

function parseLastWords(text: string, place: string): Fault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = LastWords.safeParse(value);
  if (!parsed.success) return new Fault('internal', 'the network half ended without a word', { place });
  const { code, message, place: where, hint } = parsed.data;
  return new Fault(code as FaultCode, message, {
    ...(where === null ? {} : { place: where }),
    ...(hint === null ? {} : { hint }),
  });
}

/** The agent's folder belongs to the half that uses it. */
async function openOwnFolder(folder: string, user: typeof NOBODY | null) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== null) await chown(folder, user.uid, user.gid);
  return await openStateFolder(folder);
}

/**
 * Whom the network half becomes: nobody, when this one is root. Nobody must be able to run this program's files; below a
 * folder that is closed to others (a checkout in root's own) it could not start the process that reads layers, so there
 * both halves stay root and it is said.
 */
async function chooseUser(options: AgentOptions): Promise<typeof NOBODY | null> {
  if (options.uid !== 0) return null;
  if ((await isOpenToAll(process.execPath)) && (await isOpenToAll(NETWORK_HALF))) return NOBODY;
  options.log(
    'hullcheck agent: this program lies in a folder that only root can enter, so the half that talks to the console keeps the rights of root; move it to a folder such as /opt to separate them\n',
  );
  return null;
}

async function isOpenToAll(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function pick(environment: AgentOptions['environment'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
