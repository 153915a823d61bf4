import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartedHullcheck, startHullcheck } from '@hullcheck/testkit';
import pg from 'pg';

export interface ConsoleSettings {
  readonly folder: string;
  readonly listen: string;
  readonly role: string;
  /** Of the feeds that its database of vulnerabilities is made from. */
  readonly mirror: string;
  readonly bootstrap: string;
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl?: string | undefined;
  readonly more?: Readonly<Record<string, string>>;
}

/** A process of the checkout's own command, without a network. */
export function startConsole(settings: ConsoleSettings): StartedHullcheck {
  const { folder, listen, role, mirror, bootstrap, databaseUrl, more } = settings;
  return startHullcheck(['console', '--role', role], {
    env: {
      HULLCHECK_DATA: folder,
      HULLCHECK_LISTEN: listen,
      HULLCHECK_OFFLINE: '1',
      HULLCHECK_FEEDS: mirror,
      HULLCHECK_BOOTSTRAP_TOKEN: bootstrap,
      HULLCHECK_LOG_LEVEL: 'warn',
      ...(databaseUrl === undefined ? {} : { HULLCHECK_DATABASE_URL: databaseUrl }),
      ...more,
    },
  });
}

/** A session in its database, past the console. */
export async function openSession(folder: string, databaseUrl?: string): Promise<pg.Client> {
  const client = new pg.Client(
    databaseUrl === undefined
      ? {
          host: join(folder, 'postgres', 'run'),
          user: 'hullcheck',
          database: 'hullcheck',
          password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
        }
      : { connectionString: databaseUrl },
  );
  await client.connect();
  return client;
}

export async function call<T = unknown>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Waits until another revision than this one is active and everything is judged by it. */
export async function settled(database: pg.Client, before: string | null): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ revision: string }>(
      `select revision from active_database where settled_epoch = epoch and revision is distinct from $1
         and not exists (select 1 from work_item where state in ('queued', 'running'))`,
      [before],
    );
    if (rows.length > 0) return;
    await sleep(100);
  }
}
