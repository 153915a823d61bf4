import { z } from 'zod';
import type { Role } from '../auth/principal.ts';
import { keyedPage, momentKey, type Page, parseCursor } from './cursor.ts';
import type { Queryable, Transaction } from './database.ts';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
}

export async function hasAdministrator(database: Queryable): Promise<boolean> {
  const { rowCount } = await database.query(
    `select 1 from app_user where role = 'admin' and disabled_at is null limit 1`,
  );
  return (rowCount ?? 0) > 0;
}

const administratorLock = 8_480_004;
/** First of two keys; the second is the subject's. */
const failureLock = 8_480_007;

/** Makes the first administrator; undefined where there is one already, also when two ask at once. Ends every setup link. */
export async function createFirstAdministrator(
  transaction: Transaction,
  email: string,
  passwordHash: string,
): Promise<UserRow | undefined> {
  await transaction.query('select pg_advisory_xact_lock($1)', [administratorLock]);
  if (await hasAdministrator(transaction)) return undefined;
  const { rows } = await transaction.query<UserRow>(
    `insert into app_user (email, password_hash, role) values (lower($1), $2, 'admin') returning id, email, role`,
    [email, passwordHash],
  );
  await transaction.query('delete from setup_token');
  return rows[0];
}

export async function findUser(
  database: Queryable,
  email: string,
): Promise<(UserRow & { readonly passwordHash: string }) | undefined> {
  const { rows } = await database.query<UserRow & { passwordHash: string }>(
    `select id, email, role, password_hash as "passwordHash" from app_user where email = lower($1) and disabled_at is null`,
    [email],
  );
  return rows[0];
}

export async function createSetupToken(transaction: Transaction, tokenHash: Buffer): Promise<void> {
  await transaction.query('insert into setup_token (token_sha256) values ($1)', [tokenHash]);
}

export async function isSetupToken(database: Queryable, tokenHash: Buffer): Promise<boolean> {
  const { rowCount } = await database.query('select 1 from setup_token where token_sha256 = $1', [tokenHash]);
  return rowCount === 1;
}

/** A session ends 30 minutes after its last request and 12 hours after the sign-in (ASVS 7.3). */
const alive = `created_at > now() - interval '12 hours' and seen_at > now() - interval '30 minutes'`;

export async function createSession(
  transaction: Transaction,
  userId: string,
  tokenHash: Buffer,
  address: string,
): Promise<void> {
  await transaction.query(`delete from session where not (${alive})`);
  await transaction.query('insert into session (token_sha256, user_id, address) values ($1, $2, $3)', [
    tokenHash,
    userId,
    address,
  ]);
}

export async function findSessionUser(database: Queryable, tokenHash: Buffer): Promise<UserRow | undefined> {
  const { rows } = await database.query<UserRow & { idleSeconds: number }>(
    `select u.id, u.email, u.role, extract(epoch from now() - s.seen_at)::int as "idleSeconds"
     from session s join app_user u on u.id = s.user_id
     where s.token_sha256 = $1 and u.disabled_at is null
       and s.created_at > now() - interval '12 hours' and s.seen_at > now() - interval '30 minutes'`,
    [tokenHash],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  // Pages poll: one write a minute is enough to know that somebody is there.
  if (found.idleSeconds >= 60)
    await database.query('update session set seen_at = now() where token_sha256 = $1', [tokenHash]);
  return { id: found.id, email: found.email, role: found.role };
}

export async function deleteSession(transaction: Transaction, tokenHash: Buffer): Promise<void> {
  await transaction.query('delete from session where token_sha256 = $1', [tokenHash]);
}

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly usedAt: Date | null;
}
const tokenColumns = `id, name, role, created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt"`;

export async function createToken(
  transaction: Transaction,
  token: {
    readonly name: string;
    readonly role: Role;
    readonly secretHash: Buffer;
    readonly prefix: string;
    readonly createdBy: string;
    readonly expiresInDays: number | null;
  },
): Promise<TokenRow> {
  const { rows } = await transaction.query<TokenRow>(
    `insert into api_token (secret_sha256, prefix, name, role, created_by, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(days => $6::int)) returning ${tokenColumns}`,
    [token.secretHash, token.prefix, token.name, token.role, token.createdBy, token.expiresInDays],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned no row');
  return row;
}

/** Those that are not revoked, the latest first. */
export async function listTokens(
  database: Queryable,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<TokenRow>> {
  const after = parseCursor(query.cursor, z.tuple([momentKey, z.uuid()]));
  const { rows } = await database.query<TokenRow & { key: string }>(
    `select ${tokenColumns}, created_at::text as key from api_token where revoked_at is null
     and ($2::timestamptz is null or created_at < $2 or (created_at = $2 and id > $3::uuid)) order by created_at desc, id limit $1`,
    [query.limit + 1, ...(after ?? [null, null])],
  );
  const { rows: counted } = await database.query<{ n: number }>(
    'select count(*) as n from api_token where revoked_at is null',
  );
  return keyedPage(rows, query.limit, counted[0]?.n ?? 0, ({ key, id }) => [key, id]);
}

export async function revokeToken(transaction: Transaction, id: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    'update api_token set revoked_at = now() where id = $1 and revoked_at is null',
    [id],
  );
  return rowCount === 1;
}

export async function findToken(
  database: Queryable,
  secretHash: Buffer,
): Promise<{ id: string; name: string; role: Role } | undefined> {
  const { rows } = await database.query<{ id: string; name: string; role: Role; fresh: boolean }>(
    `select id, name, role, used_at > now() - interval '1 minute' as fresh from api_token
     where secret_sha256 = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
    [secretHash],
  );
  const [found] = rows;
  if (found === undefined) return undefined;
  if (found.fresh !== true) await database.query('update api_token set used_at = now() where id = $1', [found.id]);
  return { id: found.id, name: found.name, role: found.role };
}

/** Failures within the window and seconds since the last one. */
export async function countFailures(
  database: Queryable,
  subject: string,
  windowSeconds: number,
): Promise<{ readonly failures: number; readonly sinceSeconds: number }> {
  const { rows } = await database.query<{ failures: number; sinceSeconds: number }>(
    `select count(*) as failures, coalesce(extract(epoch from now() - max(at)), 0)::int as "sinceSeconds"
     from sign_in_failure where subject = $1 and at > now() - make_interval(secs => $2)`,
    [subject, windowSeconds],
  );
  return rows[0] ?? { failures: 0, sinceSeconds: 0 };
}

/** Whoever counts these subjects' failures next waits until the transaction ends. */
export async function lockFailures(transaction: Transaction, subjects: readonly string[]): Promise<void> {
  await transaction.query(
    'select pg_advisory_xact_lock($2, key) from (select distinct hashtext(s) as key from unnest($1::text[]) s order by 1) k',
    [subjects, failureLock],
  );
}

/** Answers the moment under which they are kept. */
export async function recordFailure(transaction: Transaction, subjects: readonly string[]): Promise<string> {
  const { rows } = await transaction.query<{ at: string }>(
    'insert into sign_in_failure (subject) select unnest($1::text[]) returning at::text',
    [subjects],
  );
  await transaction.query(`delete from sign_in_failure where at < now() - interval '1 day'`);
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned no row');
  return row.at;
}

/** It was no failure after all. */
export async function takeBackFailure(database: Queryable, subjects: readonly string[], at: string): Promise<void> {
  await database.query('delete from sign_in_failure where subject = any($1) and at = $2::timestamptz', [subjects, at]);
}

export async function forgetFailures(transaction: Transaction, subjects: readonly string[]): Promise<void> {
  await transaction.query('delete from sign_in_failure where subject = any($1)', [subjects]);
}

export async function readSetting(database: Queryable, key: string): Promise<unknown> {
  const { rows } = await database.query<{ value: unknown }>('select value from setting where key = $1', [key]);
  return rows[0]?.value;
}

/** Keeps the value that is there, if any; answers what is kept. */
export async function keepSetting(database: Queryable, key: string, value: unknown): Promise<unknown> {
  await database.query('insert into setting (key, value) values ($1, $2) on conflict (key) do nothing', [
    key,
    JSON.stringify(value),
  ]);
  return readSetting(database, key);
}

/** Whether the first start (kept as a setting) is less than a day ago, by the database's clock. */
export async function isFirstDay(database: Queryable): Promise<boolean> {
  await database.query(
    `insert into setting (key, value) values ('first-start', to_jsonb(now())) on conflict (key) do nothing`,
  );
  const { rows } = await database.query<{ young: boolean }>(
    `select (value #>> '{}')::timestamptz > now() - interval '24 hours' as young from setting where key = 'first-start'`,
  );
  return rows[0]?.young ?? false;
}
