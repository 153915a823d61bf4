import { createHash } from 'node:crypto';
import type { Queryable, Transaction } from './database.ts';
import { plainJson, plainText } from './plain-text.ts';

export interface AuditEntry {
  readonly actor: string;
  /** Id of the route, or a verb of the console itself. */
  readonly action: string;
  readonly target: string | null;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly address: string | null;
  /** What changed. Never a secret. */
  readonly detail?: { readonly [name: string]: unknown };
}

export interface AuditRow extends Required<AuditEntry> {
  readonly seq: number;
  readonly at: string;
}

const chainLock = 8_480_003;
const GENESIS = Buffer.alloc(32);

/** Writes one entry, linked to the one before by its hash, in the transaction of the change that it tells of. */
export async function recordAudit(transaction: Transaction, entry: AuditEntry): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [chainLock]);
  const { rows } = await transaction.query<{ seq: number; sha256: Buffer; at: string }>(
    `select coalesce(max(seq), 0) + 1 as seq,
            coalesce((select sha256 from audit order by seq desc limit 1), $1::bytea) as sha256,
            to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
     from audit`,
    [GENESIS],
  );
  const [head] = rows;
  if (head === undefined) return;
  const row: AuditRow = {
    seq: head.seq,
    at: head.at,
    actor: plainText(entry.actor),
    action: entry.action,
    target: entry.target === null ? null : plainText(entry.target),
    outcome: entry.outcome,
    address: entry.address,
    detail: entry.detail ?? {},
  };
  await transaction.query(
    `insert into audit (seq, at, actor, action, target, outcome, address, detail, previous_sha256, sha256)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.seq,
      row.at,
      row.actor,
      row.action,
      row.target,
      row.outcome,
      row.address,
      plainJson(row.detail),
      head.sha256,
      chained(head.sha256, row),
    ],
  );
}

function chained(previous: Buffer, row: AuditRow): Buffer {
  const { seq, at, actor, action, target, outcome, address, detail } = row;
  // jsonb does not keep the order of keys, so the detail is hashed with sorted ones.
  const fields = [seq, at, actor, action, target, outcome, address, sorted(JSON.parse(plainJson(detail)))];
  return createHash('sha256').update(previous).update(JSON.stringify(fields)).digest();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)]);
}

const columns = `seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action, target, outcome, address, detail`;

export async function listAudit(
  database: Queryable,
  before: number | undefined,
  limit: number,
): Promise<readonly AuditRow[]> {
  const { rows } = await database.query<AuditRow>(
    `select ${columns} from audit where ($1::bigint is null or seq < $1) order by seq desc limit $2`,
    [before ?? null, limit],
  );
  return rows;
}

/** Walks the whole chain: the first entry whose hash does not follow from the one before, or undefined. */
export async function findBrokenLink(database: Queryable): Promise<number | undefined> {
  let previous: Buffer = GENESIS;
  let seen = 0;
  for (;;) {
    const { rows } = await database.query<AuditRow & { sha256: Buffer }>(
      `select ${columns}, sha256 from audit where seq > $1 order by seq limit 1000`,
      [seen],
    );
    for (const { sha256, ...row } of rows) {
      if (row.seq !== seen + 1 || !chained(previous, row).equals(sha256)) return seen + 1;
      previous = sha256;
      seen = row.seq;
    }
    if (rows.length < 1000) return undefined;
  }
}
