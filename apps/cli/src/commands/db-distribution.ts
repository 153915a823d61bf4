import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type DatabaseOrigin,
  exportDatabase,
  findDatabase,
  followConsole,
  importDatabase,
  keyFingerprint,
  parseDatabaseSource,
  pullDatabase,
  pushDatabase,
  revisionSignature,
  type TakeReport,
  verifyFile,
} from '@hullcheck/advisories';
import { Fault } from '@hullcheck/core';
import { dropReplaced } from '../database.ts';
import { networkAccess, registryAccess } from '../registry-access.ts';
import type { Settings, Surroundings } from '../settings.ts';
import { startProgress } from '../terminal-progress.ts';
import { signatureWords, signingKey, trustedKeys } from './db-keys.ts';

const inMegabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** Where `db update` takes a ready database from; undefined: it builds one from the feeds. */
export function takesFrom(settings: Settings): DatabaseOrigin | undefined {
  const named = settings.text('databaseSource') ?? settings.text('server');
  if (named === undefined) return undefined;
  if (settings.text('feeds') !== undefined) {
    throw new Fault('invalid-input', 'both a source of ready databases and one of feeds are named', {
      hint: 'Leave out --feeds, or --from and --server.',
    });
  }
  return parseDatabaseSource(named);
}

/** `db update --from …` and `db pull`: the database that somebody else built. */
export async function takeCommand(origin: DatabaseOrigin, settings: Settings, around: Surroundings): Promise<number> {
  if (settings.flag('offline')) throw new Fault('invalid-input', '--offline: no database can be fetched');
  const keys = trustedKeys(settings);
  const progress = startProgress(around, !settings.flag('quiet') && !settings.flag('noProgress'));
  const cancel = new AbortController();
  const stop = () => cancel.abort(new Fault('cancelled', 'cancelled'));
  process.once('SIGINT', stop);
  try {
    const report = await take(origin, settings, around, {
      cacheDir: settings.cacheFolder(),
      keys,
      signal: cancel.signal,
      onProgress: (bytes, total) => progress.show(`${inMegabytes(bytes)} of ${inMegabytes(total)}`),
    });
    progress.end();
    await dropReplaced(settings, report.revision);
    const signature = revisionSignature(report.path, keys);
    if (settings.text('format') === 'json') {
      around.stdout.write(`${JSON.stringify({ ...report, signature }, undefined, 2)}\n`);
      return 0;
    }
    if (!settings.flag('quiet')) around.stderr.write(`${notes(report, keys.length > 0, signature)}\n`);
    around.stdout.write(`${report.outcome} ${report.revision} ${report.path}\n`);
    return 0;
  } finally {
    progress.end();
    process.off('SIGINT', stop);
  }
}

async function take(
  origin: DatabaseOrigin,
  settings: Settings,
  around: Surroundings,
  options: Omit<Parameters<typeof pullDatabase>[0], 'reference' | 'registry'>,
): Promise<TakeReport> {
  if (origin.kind === 'console') {
    const { hostname } = new URL(origin.url);
    return await followConsole({
      ...options,
      url: origin.url,
      token: tokenFor(origin.url, settings),
      transport: await networkAccess(hostname, settings, around),
    });
  }
  const registry = await registryAccess(origin.registry, settings, around);
  return await pullDatabase({ ...options, reference: origin.reference, registry });
}

/**
 * The API token for a console that databases are taken from. It was given for the one that `server` names, where one is named; and
 * never goes to an address that stands only in a file of the working folder, unless it stands there too.
 */
export function tokenFor(url: string, settings: Settings): string | null {
  const token = settings.text('token') ?? settings.secret('token');
  if (token === undefined) return null;
  const server = settings.text('server');
  if (server !== undefined && URL.parse(server)?.origin !== url) return null;
  const name = settings.text('databaseSource') === undefined ? 'server' : 'databaseSource';
  if (settings.isFoundHere(name) && !settings.isFoundHere('token')) {
    throw new Fault('invalid-input', 'the token is not sent to a console that a file in the working folder names', {
      place: settings.configFile ?? '',
      hint: 'Name the console by --server or HULLCHECK_SERVER, or the file by --config or HULLCHECK_CONFIG.',
    });
  }
  return token;
}

function notes(report: TakeReport, isVerified: boolean, signature: keyof typeof signatureWords): string {
  const how = {
    taken: `${inMegabytes(report.bytes)}${report.way?.kind === 'changes' ? `, only what changed (${report.way.steps} steps)` : ''}, built ${report.builtAt}`,
    unchanged: `this is the newest one, built ${report.builtAt}`,
    older: `the one that is offered is older than the one in use, built ${report.builtAt}`,
  }[report.outcome];
  const words = isVerified && report.outcome === 'taken' ? 'verified' : signatureWords[signature];
  return `${how}; signature ${words}`;
}

/** `db pull [REF]`. */
export async function pullCommand(
  reference: string | undefined,
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const named = reference ?? settings.text('databaseSource');
  if (named === undefined) {
    throw new Fault('invalid-input', 'which database? Neither a reference nor HULLCHECK_DATABASE_SOURCE is given', {
      hint: 'Write hullcheck db pull registry.example.com/hullcheck/database',
    });
  }
  const isReference = reference !== undefined && !/^(?:oci|docker):/.test(reference);
  return await takeCommand(parseDatabaseSource(isReference ? `oci:${named}` : named), settings, around);
}

/** `db push REF`: publishes the database that a scan would use. */
export async function pushCommand(reference: string, settings: Settings, around: Surroundings): Promise<number> {
  const origin = parseDatabaseSource(/^(?:oci|docker):/.test(reference) ? reference : `oci:${reference}`);
  if (origin.kind !== 'oci') throw new Fault('invalid-input', 'not the reference of an artifact', { place: reference });
  const key = signingKey(settings);
  const pushed = await pushDatabase(await chosenPath(settings, around), {
    reference: origin.reference,
    registry: await registryAccess(origin.registry, settings, around),
    ...(key === undefined ? {} : { signingKey: key }),
    signal: new AbortController().signal,
  });
  if (settings.text('format') === 'json') {
    around.stdout.write(`${JSON.stringify({ reference: origin.reference, ...pushed }, undefined, 2)}\n`);
    return 0;
  }
  if (!settings.flag('quiet')) {
    const signed = key === undefined ? 'not signed: no key is named' : `signed by ${keyFingerprint(key)}`;
    around.stderr.write(`${inMegabytes(pushed.bytes)}, revision ${pushed.revision}, ${signed}\n`);
  }
  around.stdout.write(`${origin.reference.replace(/@.*$/, '')}@${pushed.digest}\n`);
  return 0;
}

async function chosenPath(settings: Settings, around: Surroundings): Promise<string> {
  return settings.text('db') ?? (await findDatabase(settings.cacheFolder(), around.installation.starter)).path;
}

/** `db verify [FILE]`: of a database or an exported file. */
export async function verifyCommand(
  file: string | undefined,
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const location = file ?? (await chosenPath(settings, around));
  const keys = trustedKeys(settings);
  const { revision } = await verifyFile(location, settings.cacheFolder(), keys);
  if (!settings.flag('quiet') && keys.length === 0) {
    around.stderr.write('The content is what its name says; no key is named, so who made it was not verified.\n');
  }
  around.stdout.write(`ok ${revision} ${location}\n`);
  return 0;
}

export async function exportCommand(to: string, settings: Settings, around: Surroundings): Promise<number> {
  if (existsSync(to)) throw new Fault('invalid-input', `${to} exists already`, { place: to });
  const key = signingKey(settings);
  const written = await exportDatabase(await chosenPath(settings, around), to, key);
  around.stdout.write(`${to} ${written.bytes} bytes sha256:${written.sha256}\n`);
  if (key !== undefined && !settings.flag('quiet')) around.stderr.write(`signed: ${to}.sig\n`);
  return 0;
}

export async function importCommand(from: string, settings: Settings, around: Surroundings): Promise<number> {
  const keys = trustedKeys(settings);
  const location = await importDatabase(from, settings.cacheFolder(), keys);
  await dropReplaced(settings, basename(location, '.db'));
  around.stdout.write(`${location}\n`);
  if (keys.length === 0 && !settings.flag('quiet')) {
    around.stderr.write('No key is named (--key, HULLCHECK_DB_KEY): who made it was not verified.\n');
  }
  return 0;
}
