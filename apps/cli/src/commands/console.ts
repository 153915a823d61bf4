import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseDatabaseSource } from '@hullcheck/advisories';
import type { ConsoleOptions, ConsoleRole, RunningConsole } from '@hullcheck/console';
import { Fault } from '@hullcheck/core';
import { agentProgram } from '../agent-program.ts';
import { extraAuthorities, readCredentials } from '../registry-access.ts';
import type { Settings, Surroundings } from '../settings.ts';
import { readKey, trustedKeys } from './db-keys.ts';

const DEFAULT_LISTEN = '127.0.0.1:8480';
const AGENT_RESTART_MS = 5_000;

function roleOf(settings: Settings): ConsoleRole {
  const role = settings.text('role') ?? 'all';
  if (role === 'all' || role === 'api' || role === 'worker') return role;
  throw new Fault('invalid-input', `--role takes all, api or worker, not ${role}`);
}

async function tlsOf(settings: Settings): Promise<ConsoleOptions['tls']> {
  const certificate = settings.text('tlsCert');
  const key = settings.text('tlsKey');
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new Fault('invalid-input', 'HULLCHECK_TLS_CERT and HULLCHECK_TLS_KEY go together');
  const { readFileSync } = await import('node:fs');
  try {
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  } catch (error) {
    throw new Fault('invalid-input', "the TLS certificate or key can't be read", {
      cause: error,
      place: `${certificate}, ${key}`,
    });
  }
}

/**
 * `HULLCHECK_DATA`, else `.hullcheck` of the working folder; as root under a folder that others can't traverse (root's own
 * home) it is under /var/lib, because the embedded database runs as an unprivileged user and must reach its files.
 */
function dataFolder(settings: Settings, around: Surroundings): string {
  const named = settings.text('data');
  if (named !== undefined) return resolve(around.cwd, named);
  return around.uid === 0 && !traversable(around.cwd) ? '/var/lib/hullcheck' : resolve(around.cwd, '.hullcheck');
}

function traversable(folder: string): boolean {
  const OTHERS_EXECUTE = 0o001;
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & OTHERS_EXECUTE) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [key in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: V };
}

/** Runs until a signal ends it. With `hostAgent` this host's agent runs beside it. */
export async function consoleCommand(
  mode: { readonly hostAgent: boolean },
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const [{ runConsole }, { pino }, { buildSamples }] = await Promise.all([
    import('@hullcheck/console'),
    import('pino'),
    import('../samples/build-samples.ts'),
  ]);
  const role = roleOf(settings);
  const dataDir = dataFolder(settings, around);
  const samplesFolder = mkdtempSync(join(tmpdir(), 'hullcheck-samples-'));
  const { pages } = around.installation;
  const log = pino({ level: settings.text('logLevel') ?? (mode.hostAgent ? 'warn' : 'info') }, pino.destination(2));
  const stopped = Promise.withResolvers<void>();
  const stop = () => stopped.resolve();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  let running: RunningConsole | undefined;
  let agent: { stop(): void } | undefined;
  try {
    running = await runConsole({
      dataDir,
      listen: settings.text('listen') ?? DEFAULT_LISTEN,
      role,
      offline: settings.flag('offline'),
      starterPath: around.installation.starter,
      version: around.version,
      proxyEnvironment: proxyVariables(around),
      log,
      buildSamples: async () => buildSamples(samplesFolder),
      ...optional('agentProgram', agentProgram(around)),
      ...optional('webDist', existsSync(join(pages, 'index.html')) ? pages : undefined),
      ...optional('databaseUrl', settings.secret('databaseUrl')),
      ...optional('pgBin', settings.text('pgBin')),
      ...optional('adminEmail', settings.text('adminEmail')),
      ...optional('adminPassword', settings.secret('adminPassword')),
      ...optional('bootstrapToken', settings.secret('bootstrapToken')),
      ...optional('feeds', settings.text('feeds')),
      ...optional('ready', readyDatabases(settings, around)),
      ...optional('publicUrl', settings.text('publicUrl')),
      ...optional('tls', await tlsOf(settings)),
      ...optional('retentionDays', settings.integer('retentionDays')),
      ...optional('machineIdentity', await machineIdentity(settings, around)),
      allowedNetworks: settings.list('allowNetwork'),
      alsoFeeds: settings.list('alsoFeeds'),
      allowShrink: settings.switchOrList('allowShrink'),
      ...(settings.list('trustedProxy').length === 0 ? {} : { trustedProxy: settings.list('trustedProxy') }),
    });
    greet(running, around);
    if (mode.hostAgent && role !== 'worker') agent = startHostAgent(running, dataDir, settings, around);
    if (settings.flag('demo')) await running.loadSamples();
    await stopped.promise;
    around.stderr.write('\nStopping …\n');
    return 0;
  } finally {
    agent?.stop();
    await running?.stop();
    rmSync(samplesFolder, { recursive: true, force: true });
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** HULLCHECK_DATABASE_SOURCE: databases that somebody else built. */
function readyDatabases(settings: Settings, around: Surroundings): ConsoleOptions['ready'] {
  const named = settings.text('databaseSource');
  if (named === undefined) return undefined;
  if (settings.text('feeds') !== undefined) {
    throw new Fault('invalid-input', 'both HULLCHECK_DATABASE_SOURCE and HULLCHECK_FEEDS are set', {
      hint: 'A console builds its database from feeds, or takes one that somebody else built.',
    });
  }
  const origin = parseDatabaseSource(named);
  const keyFile = settings.text('dbKey');
  // Said at the start, not at the first refresh.
  trustedKeys(settings);
  return {
    origin,
    ...optional('token', settings.secret('databaseToken')),
    ...(origin.kind === 'oci' ? { credentials: () => readCredentials(origin.registry, around) } : {}),
    ...optional('publicKeys', keyFile === undefined ? undefined : readKey(keyFile)),
    ...optional('ca', extraAuthorities(around).tls?.ca),
    allowedNetworks: settings.list('allowNetwork'),
  };
}

/** HULLCHECK_MACHINE_IDENTITY: clouds in which connections may be who this machine is. */
async function machineIdentity(
  settings: Settings,
  { environment }: Surroundings,
): Promise<ConsoleOptions['machineIdentity']> {
  const named = settings.list('machineIdentity');
  if (named.length === 0) return undefined;
  const { machineClouds } = await import('@hullcheck/registry');
  const unknown = named.find((name) => !machineClouds.some((cloud) => cloud === name));
  if (unknown !== undefined)
    throw new Fault('invalid-input', `--machine-identity knows no ${JSON.stringify(unknown)}`, {
      hint: `It takes ${machineClouds.join(', ')}.`,
    });
  // Only what the agents of these clouds set, and no key that somebody entered.
  const variables = Object.entries(environment).filter(([name]) =>
    /^(?:AWS_(?:WEB|ROLE|CONTAINER|EC2)|AZURE)_/.test(name),
  );
  return {
    clouds: machineClouds.filter((cloud) => named.includes(cloud)),
    environment: Object.fromEntries(variables),
  };
}

/** Only what a proxy is named by: the console keeps no other variable. */
function proxyVariables({ environment }: Surroundings): Readonly<Record<string, string | undefined>> {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

function greet(running: RunningConsole, around: Surroundings) {
  const address = new URL(running.url);
  const lines = ['', `Hullcheck is at ${running.url}`];
  if (running.setupUrl !== null) lines.push(`Make the first administrator (this link works once): ${running.setupUrl}`);
  if (
    around.environment.SSH_CONNECTION !== undefined &&
    ['127.0.0.1', 'localhost', '[::1]'].includes(address.hostname)
  ) {
    const server = around.environment.SSH_CONNECTION.split(' ')[2] ?? 'this-host';
    lines.push(`From your own machine: ssh -L ${address.port}:${address.host} ${server}`);
  }
  lines.push('Ctrl-C stops it.', '');
  around.stdout.write(`${lines.join('\n')}\n`);
}

/** The agent is a process of its own, as on any host: the console never opens a runtime's socket. */
function startHostAgent(
  running: RunningConsole,
  dataDir: string,
  settings: Settings,
  around: Surroundings,
): { stop(): void } {
  let stopping = false;
  let child: ReturnType<typeof spawn> | undefined;
  const start = async () => {
    const { token, pin } = await running.enrollHostAgent();
    const { smallProcessEnvironment, smallProcessFlags } = await import('@hullcheck/agent/small-process');
    if (stopping) return;
    child = spawn(
      process.execPath,
      [
        // With a channel the program does not take them by itself.
        ...smallProcessFlags,
        around.installation.program,
        'agent',
        '--server',
        running.url,
        '--data',
        join(dataDir, 'agent'),
        // A certificate that the console made for itself is known to nobody else.
        ...(pin === null ? [] : ['--pin', pin]),
      ],
      // The channel says nothing: its end tells the agent that this process is gone, however it ended.
      {
        stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
        env: { ...agentEnvironment(around), ...smallProcessEnvironment },
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${token}\n`);
    child.on('exit', (code) => {
      if (stopping) return;
      around.stderr.write(`The agent of this host ended (${code ?? 'signal'}); starting it again.\n`);
      setTimeout(() => void restart(), AGENT_RESTART_MS);
    });
  };
  const restart = () =>
    stopping
      ? Promise.resolve()
      : start().catch((error: unknown) =>
          around.stderr.write(`The agent of this host can't be started: ${String(error)}\n`),
        );
  if (!settings.flag('noAgent')) void restart();
  return {
    stop() {
      stopping = true;
      child?.kill('SIGTERM');
    },
  };
}

/** The console's secrets stay with the console. */
function agentEnvironment(around: Surroundings): NodeJS.ProcessEnv {
  const kept = Object.entries(around.environment).filter(
    ([name]) => !/^HULLCHECK_(?:ADMIN|BOOTSTRAP|DATABASE_|DB_|TLS|DATA|LISTEN)/.test(name),
  );
  return { HOME: homedir(), ...Object.fromEntries(kept) };
}
