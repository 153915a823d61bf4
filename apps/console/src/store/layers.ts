import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { LayerReport } from '@hullcheck/core';
import { parseLayerReport } from '@hullcheck/scanner';
import { isOfRevoked } from './agents.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { plainJson, plainText } from './plain-text.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** A report of 200,000 records is some 100 MB of JSON; one that unpacks to more was not written by us. */
const REPORT_BYTES_MAX = 512 * 1024 * 1024;

type Readers = { readonly [id: string]: number };

/** One text for the versions of all readers, in a stated order. */
export function hashReaders(readers: Readers): string {
  const pairs = Object.entries(readers).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex');
}

/** Hash of what two honest readers must agree on: everything but how the blob was packed and which problems they met. */
export function hashContent(report: LayerReport): Buffer {
  const evidence = report.evidence
    .map((record) => JSON.stringify([record.analyzer, record.path, sortedKeys(record.data)]))
    .sort();
  const links = Object.entries(report.links).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [report.diffId, [...report.whiteouts].sort(), [...report.opaque].sort(), links, evidence];
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sortedKeys(member)]);
}

const layersLock = 8_480_008;

/** Until the transaction ends nobody writes what refers to a layer: neither a report of it nor an image that has it. */
export async function holdLayers(transaction: Transaction): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [layersLock]);
}

/** The id of each layer, made where it is new. None of them goes before the transaction ends. */
export async function layerIds(
  transaction: Transaction,
  diffIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(diffIds)].sort();
  await transaction.query('select pg_advisory_xact_lock_shared($1)', [layersLock]);
  await transaction.query('insert into layer (diff_id) select unnest($1::text[]) on conflict do nothing', [wanted]);
  const { rows } = await transaction.query<{ id: number; diffId: string }>(
    'select id, diff_id as "diffId" from layer where diff_id = any($1)',
    [wanted],
  );
  return new Map(rows.map((row) => [row.diffId, row.id]));
}

/** Keeps a report; the same reader's report of the same layer is replaced, and those of its older readers go. */
export async function saveLayerReport(transaction: Transaction, domain: string, report: LayerReport): Promise<void> {
  const bytes = await compress(Buffer.from(plainJson(report)));
  const ids = await layerIds(transaction, [report.diffId]);
  const readers = hashReaders(report.readers);
  await transaction.query(
    `insert into layer_report (trust_domain, layer_id, readers_sha256, readers, content_sha256, report) values ($1, $2, $3, $4, $5, $6)
     on conflict (layer_id, trust_domain, readers_sha256) do update set report = excluded.report, content_sha256 = excluded.content_sha256, created_at = now(),
       used_at = now()`,
    [domain, ids.get(report.diffId), readers, JSON.stringify(report.readers), hashContent(report), bytes],
  );
  await transaction.query(
    'delete from layer_report where trust_domain = $1 and layer_id = $2 and readers_sha256 <> $3',
    [domain, ids.get(report.diffId), readers],
  );
  const files = filesOf(report);
  await transaction.query('delete from layer_file where trust_domain = $1 and layer_id = $2', [
    domain,
    ids.get(report.diffId),
  ]);
  await transaction.query(
    `insert into layer_file (layer_id, trust_domain, path, hash) select $1, $2, x.path, x.hash from unnest($3::text[], $4::text[]) as x(path, hash)`,
    [ids.get(report.diffId), domain, files.map(({ path }) => plainText(path)), files.map(({ hash }) => hash)],
  );
}

/** Hashes in one record of evidence that are kept: of a jar full of jars more than anybody looks for. */
const HASHES_OF_FILE_MAX = 1_000;

/** Which files analyzers read in the layer, each with the hashes that they took of it or of what is packed in it. */
export function filesOf(report: LayerReport): readonly { readonly path: string; readonly hash: string | null }[] {
  const hashes = new Map<string, Set<string>>();
  for (const { path, data } of report.evidence) {
    const found = hashes.get(path) ?? new Set();
    hashes.set(path, found);
    collectHashes(data, found);
  }
  return [...hashes].flatMap(([path, found]) =>
    (found.size === 0 ? [null] : [...found]).map((hash) => ({ path, hash })),
  );
}

function collectHashes(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null || found.size >= HASHES_OF_FILE_MAX) return;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') collectHashes(member, found);
    else if ((key === 'sha1' || key === 'sha256') && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(member)) found.add(member);
  }
}

/** A report that is used is needed, though no image has its layer yet; said of each once in an hour. */
const isIdle = `used_at < now() - interval '1 hour'`;

/**
 * The report of a trust domain, which stays for a day from now. `readers` given: only one of exactly these; else the newest,
 * whatever made it.
 */
export async function findLayerReport(
  database: Queryable,
  domain: string,
  diffId: string,
  readers?: Readers,
): Promise<LayerReport | undefined> {
  const { rows } = await database.query<{ report: Buffer; layerId: number; readers: string; idle: boolean }>(
    `select r.report, r.layer_id as "layerId", r.readers_sha256 as readers, r.${isIdle} as idle from layer_report r join layer l on l.id = r.layer_id
     where l.diff_id = $2 and r.trust_domain = $1 and ($3::text is null or r.readers_sha256 = $3) order by r.created_at desc limit 1`,
    [domain, diffId, readers === undefined ? null : hashReaders(readers)],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.idle) {
    const { rowCount } = await database.query(
      'update layer_report set used_at = now() where trust_domain = $1 and layer_id = $2 and readers_sha256 = $3',
      [domain, row.layerId, row.readers],
    );
    // It went in this moment, because nothing had needed it.
    if (rowCount === 0) return undefined;
  }
  const text = await decompress(row.report, { maxOutputLength: REPORT_BYTES_MAX });
  return parseLayerReport(JSON.parse(text.toString('utf8')));
}

/** Which of the layers the domain has a report of by these readers; it stays for a day from now. */
export async function knownLayers(
  database: Database,
  domain: string,
  diffIds: readonly string[],
  readers: Readers,
): Promise<readonly string[]> {
  const wanted = 'r.trust_domain = $1 and l.diff_id = any($2) and r.readers_sha256 = $3';
  const values = [domain, diffIds, hashReaders(readers)];
  return database.write(async (transaction) => {
    // In the order in which cleaning takes them, and tried again where that was not enough.
    await transaction.query(
      `with held as materialized (
         select r.layer_id, r.trust_domain, r.readers_sha256 from layer_report r join layer l on l.id = r.layer_id
         where ${wanted} and r.${isIdle} order by 1, 2, 3 for update of r
       )
       update layer_report r set used_at = now() from held h
       where r.layer_id = h.layer_id and r.trust_domain = h.trust_domain and r.readers_sha256 = h.readers_sha256`,
      values,
    );
    const { rows } = await transaction.query<{ diffId: string }>(
      `select l.diff_id as "diffId" from layer_report r join layer l on l.id = r.layer_id where ${wanted}`,
      values,
    );
    return rows.map((row) => row.diffId);
  });
}

/** Layers that readers of the same versions, in different trust domains, read differently. */
export async function differingLayers(database: Queryable, diffIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await database.query<{ diffId: string }>(
    `select l.diff_id as "diffId" from layer_report r join layer l on l.id = r.layer_id
     where l.diff_id = any($1) and not ${isOfRevoked('r.trust_domain')} group by l.diff_id, r.readers_sha256 having count(distinct r.content_sha256) > 1 order by 1`,
    [diffIds],
  );
  return rows.map((row) => row.diffId);
}

/** Whether so many reports of layers, or more, are kept of this agent. */
export async function hasLayerReports(database: Queryable, agentId: string, count: number): Promise<boolean> {
  const { rowCount } = await database.query('select 1 from layer_report where trust_domain = $1 limit $2', [
    agentId,
    count,
  ]);
  return rowCount === count;
}
