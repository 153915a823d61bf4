/*
 * The network half: a process of its own that talks to the console and can reach the engines only through what the
 * privileged half serves. Started by it with its orders on standard input; gives up the rights of root before it looks
 * at anything foreign. What ended it goes to descriptor 3.
 */
import { createWriteStream } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { Fault, toFault } from '@hullcheck/core';
import type { Credentials } from '@hullcheck/registry';
import { z } from 'zod';
import { type ConsoleConnection, connectConsole } from './report/console.ts';
import { enroll } from './report/enroll.ts';
import { elsewhere, type Host, readHost } from './report/host.ts';
import { createReporter, toRuntimeState } from './report/reporter.ts';
import { createCollector, type RunOptions, runReports } from './report/run.ts';
import { openRuntimeDirectory, type RuntimeDirectory } from './report/runtimes.ts';
import { audienceOf, parseServer } from './report/server-address.ts';
import { openSingleDirectory } from './report/single-directory.ts';
import { openStateFolder } from './report/state-folder.ts';
import { askSecret } from './secret-question.ts';

const names = z.array(z.string()).readonly();
const Orders = z.object({
  server: z.string(),
  name: z.string().nullable(),
  pin: z.string().nullable(),
  /** To enrol with; null where the agent has its key. */
  enrollment: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('token'), token: z.string() }),
      // Asked for when it is used: the kubelet replaces it every few minutes.
      z.object({ kind: z.literal('service-account') }),
    ])
    .nullable(),
  dataDir: z.string(),
  controlPath: z.string(),
  once: z.boolean(),
  dryRun: z.boolean(),
  version: z.string(),
  source: z.discriminatedUnion('mode', [
    z.object({ mode: z.enum(['inventory', 'inventory+read']) }),
    z.object({
      mode: z.literal('cluster'),
      server: z.string(),
      ca: z.string().nullable(),
      /** The service account of the pods that enrol as agents of their nodes. */
      nodes: z.object({ namespace: z.string(), serviceAccount: z.string() }).nullable(),
    }),
    z.object({
      mode: z.literal('collector'),
      scope: z.object({
        registry: z.string(),
        vendor: z.string(),
        namespaces: names,
        tokenServers: names,
        repositories: names,
        excludeRepositories: names,
        tags: z.object({ include: names, exclude: names }),
        tagsMax: z.number().int(),
        platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullable() }),
        allowPlainHttp: z.boolean(),
      }),
    }),
  ]),
  /** User to become, when started as root. */
  user: z.object({ uid: z.number().int(), gid: z.number().int() }).nullable(),
});
export type Orders = z.infer<typeof Orders>;

/** As the installer's unit has it. */
const NICENESS = 10;

const cancel = new AbortController();
const stop = () => cancel.abort();
process.once('SIGTERM', stop);
// A terminal's ctrl-C reaches both halves; the other one says when to end.
process.on('SIGINT', () => undefined);
// The other half is gone without a word: nothing is left to read from.
process.once('disconnect', stop);

const log = (text: string) => void process.stderr.write(`hullcheck agent: ${text}\n`);

yieldToOthers();

try {
  await run(Orders.parse(JSON.parse(await readOrders())), cancel.signal);
  process.exitCode = 0;
} catch (thrown) {
  if (!cancel.signal.aborted) {
    const fault = toFault(thrown, thrown instanceof Error ? thrown.message : 'unexpected error');
    await tell(fault);
    process.exitCode = 1;
  }
}
process.disconnect?.();

/**
 * What the host is for goes first, however the agent was started: in a container and by hand there is no unit that says so. The
 * process that reads images is started by this one and inherits it, and with it the last but one priority of best effort at the disk
 * (`ioprio_set(2)`). Before anything else is started here: on Linux it is set for a thread, and for those that it starts.
 */
function yieldToOthers(): void {
  try {
    if (getPriority() < NICENESS) setPriority(NICENESS);
  } catch {
    // A sandbox may forbid it; then its own ceilings hold.
  }
}

async function run(orders: Orders, signal: AbortSignal): Promise<void> {
  // By a relative path from here on: the folders above may be closed to the user that this process becomes.
  if (!orders.dryRun) process.chdir(orders.dataDir);
  if (orders.user !== null) becomeUser(orders.user);
  const { directory, host, openTeller } = await openSource(orders, signal);
  try {
    if (orders.dryRun) {
      const report = await dryReport(await createCollector(directory, { hasty: false })(signal), host, orders);
      await new Promise((resolve) => process.stdout.write(`${JSON.stringify(report, null, 2)}\n`, resolve));
      return;
    }
    const state = await openStateFolder('.');
    // A token is given only where there is no key yet, or the console does not take it.
    const identity =
      orders.enrollment === null
        ? await state.readIdentity()
        : await enroll({ ...orders, ...orders.enrollment, name: host.name, state, askToken, log, signal });
    if (identity === undefined) throw new Fault('internal', 'the agent has neither a key nor a token');
    const server = parseServer(identity.server);
    const connection = connectConsole({ server, pin: orders.pin ?? identity.pin, key: identity.key, signal });
    try {
      const reporter = await createReporter({
        host,
        version: orders.version,
        mode: orders.source.mode,
        state,
        send: (text) => connection.report(text),
        now: Date.now,
      });
      const afterReport = openTeller?.(server, connection) ?? null;
      const reads = orders.source.mode === 'inventory+read' || orders.source.mode === 'collector';
      await runReports({ directory, reporter, connection, reads, afterReport, once: orders.once, log, signal });
    } finally {
      await connection.close();
    }
  } finally {
    await directory.close();
  }
}

/** What this agent reports, and under which identity. */
interface Source {
  readonly directory: RuntimeDirectory;
  readonly host: Host;
  /** Of a cluster whose nodes enrol: tells the console what it has to know for that. */
  readonly openTeller?: (server: URL, { api }: ConsoleConnection) => RunOptions['afterReport'];
}

async function openSource({ source, controlPath, name }: Orders, signal: AbortSignal): Promise<Source> {
  switch (source.mode) {
    case 'inventory':
    case 'inventory+read':
      return { directory: openRuntimeDirectory(controlPath), host: await readHost(name ?? undefined) };
    // What only they need is loaded only for them: it takes as much memory as all else that a host's agent loads.
    case 'cluster': {
      const { connectCluster, createClusterClient, createClusterTeller } = await import('./report/cluster-source.ts');
      const access = { server: new URL(source.server), ca: source.ca, token: askToken };
      const cluster = createClusterClient(connectCluster(access));
      const uid = await cluster.uid(signal);
      const directory = openSingleDirectory({ name: 'kubernetes', kind: 'kubernetes' }, cluster);
      const host = elsewhere(`kubernetes ${uid}`, name ?? `cluster ${uid.slice(0, 8)}`, 'Kubernetes');
      const { nodes } = source;
      if (nodes === null) return { directory, host };
      const openTeller: Source['openTeller'] = (server, { api }) =>
        createClusterTeller({
          read: (signal) => cluster.tokenIssuer(signal),
          nodes: { ...nodes, audience: audienceOf(server) },
          tell: (body) => api.call('agent.cluster', { body }),
          nowMs: Date.now,
          log,
        });
      return { directory, host, openTeller };
    }
    case 'collector': {
      const { createRegistryInventory } = await import('./report/registry-inventory.ts');
      const { scope } = source;
      const registry = createRegistryInventory(scope, askCredentials);
      const directory = openSingleDirectory({ name: 'registry', kind: 'registry' }, registry);
      return { directory, host: elsewhere(`registry ${scope.registry}`, name ?? scope.registry, null) };
    }
  }
}

async function askToken(): Promise<string> {
  const secret = await askSecret();
  return 'token' in secret ? secret.token : '';
}

async function askCredentials(): Promise<Credentials | null> {
  const secret = await askSecret();
  return 'credentials' in secret ? secret.credentials : null;
}

async function dryReport(
  collected: Awaited<ReturnType<ReturnType<typeof createCollector>>>,
  host: object,
  { version, source }: Orders,
) {
  return {
    agent: { version, mode: source.mode },
    host,
    runtimes: collected.runtimes.map(toRuntimeState),
    images: Array.from(collected.images, ([, text]): unknown => JSON.parse(text)),
    containers: Array.from(collected.containers, ([, text]): unknown => JSON.parse(text)),
  };
}

/** Gives up root for good: groups first, as the user alone could not give them up any more. */
function becomeUser({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid)
    throw new Fault('internal', 'could not give up the rights of root');
}

async function readOrders(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > 64 * 1024) throw new Error('orders are too long');
  }
  return text;
}

async function tell(fault: Fault): Promise<void> {
  const { code, message, place, hint } = fault;
  const stream = createWriteStream('', { fd: 3 });
  await new Promise((resolve) =>
    stream.end(JSON.stringify({ code, message, place: place ?? null, hint: hint ?? null }), () => resolve(null)),
  );
}
