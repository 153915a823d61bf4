import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { checkFeedIds } from '@hullcheck/advisories';
import { agentLimits } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { addressRule, createMachineIdentity, parseProxySettings } from '@hullcheck/registry';
import type { FastifyInstance } from 'fastify';
import { createAgentDownloads } from './agent-install/downloads.ts';
import { type Certificate, loadCertificate, toCertificate } from './auth/certificate.ts';
import { type Envelope, loadEnvelope } from './auth/envelope.ts';
import { createPasswords, passwordCharactersMin } from './auth/passwords.ts';
import { serveAgentDownloads } from './http/agent-downloads.ts';
import { httpLimits } from './http/limits.ts';
import { keepListening } from './http/listening.ts';
import { addOperations } from './http/operations.ts';
import { servePages } from './http/pages.ts';
import { Refusals } from './http/refusals.ts';
import type { Handlers } from './http/route-table.ts';
import { agentHandlers } from './http/routes/agent.ts';
import { connectionHandlers } from './http/routes/connections.ts';
import { consoleHandlers } from './http/routes/console.ts';
import { databaseFileHandlers } from './http/routes/database-files.ts';
import { hostHandlers } from './http/routes/hosts.ts';
import { imageHandlers } from './http/routes/images.ts';
import { trendHandlers } from './http/routes/trends.ts';
import { whereHandlers } from './http/routes/where.ts';
import { createServer } from './http/server.ts';
import { hostsOf, type ListenAddress, parseListen, urlOf } from './listen.ts';
import { openStore } from './open-store.ts';
import type { ConsoleOptions, RunningConsole } from './options.ts';
import { isFirstDay, keepSetting, readSetting } from './store/accounts.ts';
import { followChanges } from './store/changes.ts';
import type { Database } from './store/database.ts';
import { defaultScope } from './store/scope.ts';
import { createAdvisories } from './usecases/advisories.ts';
import { makeEnrollment } from './usecases/agents.ts';
import { chooseDatabase, type FeedContext } from './usecases/refresh-feeds.ts';
import { createPublicRegistries } from './usecases/registry-access.ts';
import { createRegistryRests } from './usecases/registry-rests.ts';
import { loadSamples } from './usecases/samples.ts';
import { administratorFromSurroundings, makeSetupToken } from './usecases/sign-in.ts';
import { prepareFolder, type UploadContext } from './usecases/upload-files.ts';
import type { JobContext } from './work/jobs.ts';
import { type RunningJobs, runJobs } from './work/run-jobs.ts';

const CONCURRENCY = 4;
const BOOTSTRAP_CHARACTERS_MIN = 32;
const RETENTION_DAYS = 90;
/** A century: PostgreSQL's times reach further. */
const RETENTION_DAYS_MAX = 36_500;

/** Starts the console and answers once it accepts requests. What was begun is ended again when the start fails. */
export async function runConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const address = checkOptions(options);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const action of undo.splice(0).reverse()) await action();
  };
  try {
    const store = await openStore(options);
    undo.push(() => store.close());
    const { database } = store;
    const envelope = await openEnvelope(database, dataDir);
    const now = Date.now;
    const { log, offline, version, retentionDays = RETENTION_DAYS } = options;
    const machine = options.machineIdentity === undefined ? undefined : createMachineIdentity(options.machineIdentity);
    undo.push(async () => machine?.close());
    const caller = {
      version,
      machine,
      proxy: parseProxySettings(options.proxyEnvironment ?? {}),
      allowedNetworks: options.allowedNetworks,
    };
    const uploads: UploadContext = { database, folder: join(dataDir, 'uploads'), log };
    await prepareFolder(uploads.folder);
    const feeds: FeedContext = {
      database,
      version,
      log,
      offline,
      feeds: options.feeds,
      ready: options.ready,
      cacheDir: join(dataDir, 'advisories'),
      starterPath: options.starterPath,
      proxyEnvironment: options.proxyEnvironment ?? {},
      allowedNetworks: options.allowedNetworks,
      alsoFeeds: options.alsoFeeds ?? [],
      allowShrink: options.allowShrink ?? false,
      now,
    };
    await chooseDatabase(feeds);
    const advisories = createAdvisories();
    undo.push(async () => advisories.close());
    const passwords = await createPasswords();
    if (options.adminEmail !== undefined && options.adminPassword !== undefined) {
      await administratorFromSurroundings(database, passwords, options.adminEmail, options.adminPassword);
    }
    await isFirstDay(database);
    if (options.role !== 'api') {
      const publicRegistries = createPublicRegistries({ offline, ...caller });
      const context: JobContext = {
        database,
        envelope,
        publicRegistries,
        rests: createRegistryRests(now),
        uploadsFolder: uploads.folder,
        ...caller,
        log,
        advisories,
        now,
        feeds,
        uploads,
        jitter: Math.random(),
        retentionDays,
      };
      const jobs: RunningJobs = await runJobs(context, {
        database,
        settings: store.settings,
        log,
        concurrency: CONCURRENCY,
        alone: store.alone,
      });
      undo.push(() => jobs.stop());
    }
    const samples = async (createdBy: string, from: string | null, signal: AbortSignal) => {
      if (options.buildSamples === undefined) throw new Fault('not-found', 'this console has no sample images');
      return loadSamples(uploads, options.buildSamples, { actor: createdBy, address: from }, signal);
    };
    const changes = followChanges(store.settings, randomUUID().slice(0, 8), log);
    undo.push(() => changes.stop());
    const tls = await chooseTls(options, address, dataDir);
    let url = '';
    // Where it listens at every address only the caller knows the one that leads here, unless it was told.
    const isEverywhere = address.host === '0.0.0.0' || address.host === '::';
    const reach = (origin: string) => {
      // Who gives a certificate with a public address says that others vouch for it.
      const own = options.tls === undefined || options.publicUrl === undefined ? tls : undefined;
      return {
        url: options.publicUrl === undefined && isEverywhere ? origin : url,
        pin: own?.fingerprint ?? null,
        publicKeyPin: own?.publicKeyPin ?? null,
      };
    };
    const prepare =
      options.agentProgram === undefined
        ? undefined
        : createAgentDownloads(
            options.agentProgram,
            join(dataDir, 'agent-downloads'),
            join(dataDir, 'agent-runtimes'),
            () => performance.now(),
          );
    const downloads = prepare === undefined ? undefined : (origin: string) => prepare(reach(origin));
    const refusals = new Refusals(database, log);
    const handlers: Handlers = {
      ...consoleHandlers({
        database,
        passwords,
        uploads,
        feeds,
        version,
        machineClouds: machine?.clouds ?? [],
        changes: () => changes.current(),
        loadSamples: samples,
      }),
      ...databaseFileHandlers(database, feeds.cacheDir),
      ...imageHandlers({ database, advisories, version, now, retentionDays }),
      ...whereHandlers({ database }),
      ...trendHandlers({ database, retentionDays, now }),
      ...hostHandlers({ database, reach, downloads, now }),
      ...connectionHandlers({ database, envelope, caller }),
      ...agentHandlers({ database, refusals, now, log }),
    };
    const server = createServer({
      database,
      handlers,
      log,
      bootstrapToken: options.bootstrapToken,
      tls,
      trustedProxy: options.trustedProxy,
      hostCheck:
        address.isLoopback && options.trustedProxy === undefined
          ? { publicHost: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).host }
          : undefined,
      agentBodyBytesMax: agentLimits.reportBytesMax,
      refusals,
    });
    addOperations(server, database, version);
    if (downloads !== undefined) serveAgentDownloads(server, downloads);
    if (options.webDist !== undefined && options.role !== 'worker') await servePages(server, options.webDist);
    const port = await listen(server, address);
    undo.push(() => drain(server));
    if (options.role !== 'worker') {
      const endListening = keepListening(database, log);
      undo.push(async () => endListening());
    }
    url = options.publicUrl ?? urlOf(address, port, tls !== undefined);
    const setupToken = options.role === 'worker' ? undefined : await makeSetupToken(database);
    log.info({ url, role: options.role }, 'console started');
    return {
      url,
      // In the fragment: it is sent to no server and stands in no log of a proxy.
      setupUrl: setupToken === undefined ? null : `${url}/setup#token=${setupToken}`,
      enrollHostAgent: async () => {
        const { token } = await database.write((transaction) =>
          makeEnrollment(transaction, { scopeId: defaultScope, createdBy: 'console', local: true, nodes: false }),
        );
        const { pin } = reach(url);
        return { token, pin: pin === null ? null : `sha256:${pin}` };
      },
      loadSamples: async () => {
        if (options.buildSamples !== undefined) await samples('console', null, AbortSignal.timeout(600_000));
      },
      stop: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function checkOptions(options: ConsoleOptions): ListenAddress {
  const address = parseListen(options.listen);
  // Else each refresh of the days to come would fail with it.
  checkFeedIds([...(options.alsoFeeds ?? []), ...(typeof options.allowShrink === 'object' ? options.allowShrink : [])]);
  const refuse = (message: string, hint: string) => new Fault('invalid-input', message, { hint });
  if (options.role !== 'all' && options.databaseUrl === undefined) {
    throw refuse(
      `the role ${options.role} needs a PostgreSQL server`,
      'Name it with HULLCHECK_DATABASE_URL: the embedded database belongs to one process.',
    );
  }
  if (options.bootstrapToken !== undefined && options.bootstrapToken.length < BOOTSTRAP_CHARACTERS_MIN) {
    throw refuse(
      `the bootstrap token is shorter than ${BOOTSTRAP_CHARACTERS_MIN} characters`,
      'Take a random one: openssl rand -hex 32.',
    );
  }
  if ((options.adminEmail === undefined) !== (options.adminPassword === undefined)) {
    throw refuse(
      'an administrator needs both an e-mail address and a password',
      'Set HULLCHECK_ADMIN_EMAIL and HULLCHECK_ADMIN_PASSWORD.',
    );
  }
  if (
    options.adminPassword !== undefined &&
    (options.adminPassword.length < passwordCharactersMin || options.adminPassword.length > 128)
  ) {
    throw refuse(
      `the administrator's password needs ${passwordCharactersMin} to 128 characters`,
      'Choose a longer one.',
    );
  }
  const { retentionDays = RETENTION_DAYS } = options;
  if (!Number.isInteger(retentionDays) || retentionDays < 0 || retentionDays > RETENTION_DAYS_MAX) {
    throw refuse(
      `what is gone can't be kept for ${retentionDays} days`,
      `HULLCHECK_RETENTION_DAYS takes 1 to ${RETENTION_DAYS_MAX} days, or 0 to keep everything.`,
    );
  }
  if (options.publicUrl !== undefined && !/^https?:$/.test(URL.parse(options.publicUrl)?.protocol ?? '')) {
    throw refuse('the public address is no http or https address', 'Write it as https://hullcheck.example.com.');
  }
  // Said at the start, not at the first registry that is read.
  addressRule(options.allowedNetworks ?? []);
  return address;
}

/** An address that others can reach is served over TLS only: with the given certificate, or the console's own. */
async function chooseTls(
  options: ConsoleOptions,
  address: ListenAddress,
  dataDir: string,
): Promise<Certificate | undefined> {
  if (options.tls !== undefined) return toCertificate(options.tls.certificate, options.tls.key);
  if (address.isLoopback || options.trustedProxy !== undefined) return undefined;
  return loadCertificate(dataDir, hostsOf(address, options.publicUrl, hostname()), Date.now());
}

/** The key file, checked against the id that this database was first opened with. */
async function openEnvelope(database: Database, dataDir: string): Promise<Envelope> {
  const known = await readSetting(database, 'credential-key');
  const envelope = await loadEnvelope(join(dataDir, 'credential.key'), typeof known === 'string' ? known : undefined);
  const kept = await keepSetting(database, 'credential-key', envelope.keyId);
  if (kept !== envelope.keyId)
    throw new Fault('conflict', 'another console opened this database first, with another key file', {
      hint: 'Give both the same key file.',
    });
  return envelope;
}

async function listen(server: FastifyInstance, address: ListenAddress): Promise<number> {
  try {
    await server.listen({ host: address.host, port: address.port });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const hint =
      code === 'EADDRINUSE'
        ? 'Something listens there already; choose another address with --listen.'
        : 'Choose another address with --listen.';
    throw new Fault('unavailable', `the console can't listen (${code})`, {
      cause,
      place: `${address.host}:${address.port}`,
      hint,
    });
  }
  const bound = server.server.address() as AddressInfo | null;
  return bound?.port ?? address.port;
}

/** New requests are refused, running ones may end; after the drain their connections are cut. */
async function drain(server: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => server.server.closeAllConnections(), httpLimits.drainMs);
  await server.close();
  clearTimeout(cut);
}
