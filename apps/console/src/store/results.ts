import type {
  Coverage,
  Executables,
  ImageFacts,
  Inventory,
  OperatingSystem,
  Package,
  Problem,
  Summary,
} from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import type { JudgedBy } from './feeds.ts';
import { hashReaders, layerIds } from './layers.ts';
import { plainJson, plainText } from './plain-text.ts';
import { fromPositions, toPositions } from './relations.ts';

/** Everything of an assessment that lists and pages show of the image as a whole. */
export interface ImageVerdict {
  readonly state: 'complete' | 'partial' | 'not-assessable';
  readonly risk: number | null;
  readonly riskTotal: number;
  readonly riskModel: string;
  readonly explanation: string | null;
  readonly counts: Summary;
  readonly os: unknown;
  readonly problems: readonly Problem[];
  readonly coverage: readonly Coverage[];
  readonly reason: string | null;
  readonly databaseRevision: string | null;
  readonly databaseBuiltAt: string | null;
  /** By which rules it was judged. */
  readonly rules: string;
}

export interface ImageReadingResult {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  /** Per layer of the facts (empty ones too): `console` or an agent's id, null where it was not read. */
  readonly readBy: readonly (string | null)[];
  readonly readByAll: string;
  readonly readers: { readonly [id: string]: number };
  readonly representatives: readonly Package[];
}

/** What is in the image: layers and packages, in place of what was known before. */
export async function writeInventory(
  transaction: Transaction,
  imageId: string,
  reading: ImageReadingResult,
  occurrences: readonly { readonly subjectId: number; readonly judged: boolean; readonly pkg: Package }[],
): Promise<void> {
  const { facts } = reading;
  const layers = await layerIds(
    transaction,
    facts.layers.flatMap((layer) => layer.diffId ?? []),
  );
  await transaction.query('delete from image_layer where image_id = $1', [imageId]);
  await transaction.query(
    `insert into image_layer (image_id, position, layer_id, digest, size, created_by, empty, read_by)
     select $1, x.position, x.layer, x.digest, x.size, x."createdBy", x.empty, x."readBy"
     from jsonb_to_recordset($2::jsonb) as x(position int, layer bigint, digest text, size bigint, "createdBy" text, empty boolean, "readBy" text)`,
    [
      imageId,
      plainJson(
        facts.layers.map((layer, position) => ({
          position,
          layer: layer.diffId === null ? null : (layers.get(layer.diffId) ?? null),
          digest: layer.digest,
          size: layer.size,
          createdBy: layer.createdBy,
          empty: layer.empty,
          readBy: reading.readBy[position] ?? null,
        })),
      ),
    ],
  );
  await transaction.query('delete from package_occurrence where image_id = $1', [imageId]);
  await transaction.query(
    `insert into package_occurrence (image_id, position, subject_id, purl, name, version, layer, judged, body)
     select $1, x.position, x.subject, x.body ->> 'purl', x.body ->> 'name', x.body ->> 'version', x.body ->> 'layer', x.judged, x.body
     from jsonb_to_recordset($2::jsonb) as x(position int, subject bigint, judged boolean, body jsonb)`,
    [
      imageId,
      plainJson(
        occurrences.map(({ subjectId, judged, pkg }, position) => ({
          position,
          subject: subjectId,
          judged,
          body: pkg,
        })),
      ),
    ],
  );
}

export async function writeResult(
  transaction: Transaction,
  imageId: string,
  reading: ImageReadingResult,
  verdict: ImageVerdict,
): Promise<void> {
  await transaction.query(
    `insert into image_result (image_id, state, risk, risk_total, risk_model, explanation, counts, packages, os, inventory_problems, problems,
       coverage, representatives, operating_system, reason, read_by, readers_sha256, database_revision, database_built_at, facts, executables, relations, rules)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
     on conflict (image_id) do update set state = excluded.state, risk = excluded.risk, risk_total = excluded.risk_total,
       risk_model = excluded.risk_model, explanation = excluded.explanation, counts = excluded.counts, packages = excluded.packages,
       os = excluded.os, inventory_problems = excluded.inventory_problems, problems = excluded.problems, coverage = excluded.coverage,
       representatives = excluded.representatives, operating_system = excluded.operating_system, reason = excluded.reason,
       read_by = excluded.read_by, readers_sha256 = excluded.readers_sha256, database_revision = excluded.database_revision,
       database_built_at = excluded.database_built_at, facts = excluded.facts, executables = excluded.executables, relations = excluded.relations, rules = excluded.rules, assessed_at = now()`,
    [
      imageId,
      verdict.state,
      verdict.risk,
      verdict.riskTotal,
      verdict.riskModel,
      verdict.explanation,
      plainJson(verdict.counts),
      reading.inventory.packages.length,
      verdict.os === null ? null : plainJson(verdict.os),
      plainJson(reading.inventory.problems),
      plainJson(verdict.problems),
      plainJson(verdict.coverage),
      plainJson(reading.representatives),
      reading.inventory.operatingSystem === null ? null : plainJson(reading.inventory.operatingSystem),
      verdict.reason === null ? null : plainText(verdict.reason),
      plainText(reading.readByAll),
      hashReaders(reading.readers),
      verdict.databaseRevision,
      verdict.databaseBuiltAt,
      plainJson(reading.facts),
      reading.inventory.executables === undefined ? null : plainJson(reading.inventory.executables),
      reading.inventory.relations === undefined
        ? null
        : plainJson(toPositions(reading.inventory.relations, reading.inventory.packages)),
      verdict.rules,
    ],
  );
}

/** What is kept of an image's reading, to judge it again without reading: its packages and what could not be read. */
export interface KeptReading {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  readonly readBy: string;
}

export async function findKeptReading(database: Queryable, imageId: string): Promise<KeptReading | undefined> {
  const { rows } = await database.query<{
    facts: ImageFacts;
    problems: Problem[];
    system: OperatingSystem | null;
    readBy: string;
    executables: Executables | null;
    relations: Parameters<typeof fromPositions>[0] | null;
  }>(
    `select facts, inventory_problems as problems, operating_system as system, read_by as "readBy", executables, relations from image_result where image_id = $1`,
    [imageId],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { rows: packages } = await database.query<{ body: Package }>(
    'select body from package_occurrence where image_id = $1 order by position',
    [imageId],
  );
  const bodies = packages.map(({ body }) => body);
  return {
    facts: row.facts,
    inventory: {
      operatingSystem: row.system,
      packages: bodies,
      ...(row.relations === null ? {} : { relations: fromPositions(row.relations, bodies) }),
      problems: row.problems,
      ...(row.executables === null ? {} : { executables: row.executables }),
    },
    readBy: row.readBy,
  };
}

/** Replaces only the judgement of a kept reading. */
export async function writeJudgement(transaction: Transaction, imageId: string, verdict: ImageVerdict): Promise<void> {
  await transaction.query(
    `update image_result set state = $2, risk = $3, risk_total = $4, risk_model = $5, explanation = $6, counts = $7, os = $8, problems = $9,
       coverage = $10, reason = $11, database_revision = $12, database_built_at = $13, rules = $14 where image_id = $1`,
    [
      imageId,
      verdict.state,
      verdict.risk,
      verdict.riskTotal,
      verdict.riskModel,
      verdict.explanation,
      plainJson(verdict.counts),
      verdict.os === null ? null : plainJson(verdict.os),
      plainJson(verdict.problems),
      plainJson(verdict.coverage),
      verdict.reason === null ? null : plainText(verdict.reason),
      verdict.databaseRevision,
      verdict.databaseBuiltAt,
      verdict.rules,
    ],
  );
}

/** Images whose judgement is not of this revision and these rules, by id. */
export async function imagesJudgedByOthers(
  database: Queryable,
  by: JudgedBy,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select image_id as id from image_result
     where database_revision is distinct from $1 or rules is distinct from $3 order by image_id limit $2`,
    [by.revision, limit, by.rules],
  );
  return rows.map((row) => row.id);
}
