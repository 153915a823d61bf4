import { type FeedSource, findDatabase, openDatabase, revisionSignature } from '@hullcheck/advisories';
import { Fault } from '@hullcheck/core';
import { dropReplaced } from '../database.ts';
import { describeFault } from '../exit.ts';
import type { Settings, Surroundings } from '../settings.ts';
import { startProgress } from '../terminal-progress.ts';
import { buildInThread } from './build-in-thread.ts';
import { takeCommand, takesFrom } from './db-distribution.ts';
import { signatureWords, trustedKeys } from './db-keys.ts';

const day = (instant: string) => instant.slice(0, 10);

function ageInWords(instant: string, now: number): string {
  const days = Math.floor((now - Date.parse(instant)) / 86_400_000);
  return days <= 0 ? 'today' : days === 1 ? '1 day old' : `${days} days old`;
}

/** Which database a scan would use, and how old each of its sources is. */
export async function statusCommand(settings: Settings, around: Surroundings): Promise<number> {
  const named = settings.text('db');
  const found =
    named === undefined
      ? await findDatabase(settings.cacheFolder(), around.installation.starter)
      : { path: named, origin: 'named' as const };
  const signature = revisionSignature(found.path, trustedKeys(settings));
  const database = openDatabase(found.path);
  try {
    const status = database.status();
    if (settings.text('format') === 'json') {
      around.stdout.write(`${JSON.stringify({ origin: found.origin, signature, ...status }, undefined, 2)}\n`);
      return 0;
    }
    const origin = found.origin === 'starter' ? ' (starter database that came with this version)' : '';
    around.stdout.write(
      `database  ${status.path}${origin}\nrevision  ${status.revision}\nbuilt     ${status.builtAt} (${ageInWords(status.builtAt, around.now())})\nsignature ${signatureWords[signature]}\n`,
    );
    around.stdout.write(
      `holds     ${status.advisories} advisories, ${status.packages} packages, facts on ${status.facts} vulnerabilities\n\n`,
    );
    const width = Math.max(6, ...status.sources.map((source) => source.id.length));
    around.stdout.write(`${'SOURCE'.padEnd(width)}  DATE        AGE            EXTENT   RECORDS\n`);
    for (const source of status.sources) {
      around.stdout.write(
        `${source.id.padEnd(width)}  ${day(source.updatedAt)}  ${ageInWords(source.updatedAt, around.now()).padEnd(13)}  ${source.extent.padEnd(7)}  ${source.records}\n`,
      );
    }
    return 0;
  } finally {
    database.close();
  }
}

function sourceOf(settings: Settings): FeedSource {
  const location = settings.text('feeds');
  return location === undefined ? { kind: 'upstream' } : { kind: 'mirror', location };
}

/** `db build` from the start, `db update` only what changed. The database in use stays until the new one verifies. */
export async function refreshCommand(
  kind: 'build' | 'update',
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const origin = kind === 'update' ? takesFrom(settings) : undefined;
  if (origin !== undefined) return await takeCommand(origin, settings, around);
  if (settings.flag('offline') && settings.text('feeds') === undefined) {
    throw new Fault('invalid-input', '--offline and no --feeds: there is nothing to read feeds from');
  }
  const progress = startProgress(around, !settings.flag('quiet') && !settings.flag('noProgress'));
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  process.once('SIGINT', stop);
  const out = settings.text('output');
  try {
    const report = await buildInThread(
      {
        kind,
        cacheDir: settings.cacheFolder(),
        source: sourceOf(settings),
        now: new Date(around.now()).toISOString(),
        environment: around.environment,
        allowedNetworks: settings.list('allowNetwork'),
        ...(out === undefined ? {} : { out }),
        also: settings.list('alsoFeeds'),
        allowShrink: settings.switchOrList('allowShrink'),
        ...(settings.flag('redistributableOnly') ? { redistributableOnly: true } : {}),
      },
      cancel.signal,
      (feed, state, records) => progress.show(`${feed}: ${state}${records > 0 ? `, ${records} records` : ''}`),
    );
    progress.end();
    if (out === undefined) await dropReplaced(settings, report.revision);
    if (settings.text('format') === 'json') {
      around.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    } else {
      for (const feed of report.feeds) {
        const skipped = feed.skipped > 0 ? `, ${feed.skipped} left out` : '';
        const why = feed.fault === null ? '' : `: ${describeFault(new Fault(feed.fault.code, feed.fault.message))}`;
        if (!settings.flag('quiet'))
          around.stderr.write(`${feed.id}: ${feed.state}, ${feed.records} records${skipped}${why}\n`);
      }
      around.stdout.write(`${report.unchanged ? 'unchanged' : 'built'} ${report.revision} ${report.path}\n`);
    }
    const shrank = settings.flag('failOnShrink') && report.feeds.some(({ fault }) => fault?.code === 'feed-shrank');
    return shrank || report.feeds.some((feed) => feed.state === 'failed') ? 1 : 0;
  } finally {
    progress.end();
    process.off('SIGINT', stop);
  }
}
