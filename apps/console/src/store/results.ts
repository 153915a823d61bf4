import type { Executables, ImageFacts, Inventory, OperatingSystem, Package, Problem } from '@hullcheck/core';
import type { Queryable, Transaction } from './database.ts';
import { hashReaders, layerIds } from './layers.ts';
import { writeOccurrences } from './occurrences.ts';
import { plainJson, plainText } from './plain-text.ts';
import { fromPositions, toPositions } from './relations.ts';
import { restateImages } from './standings.ts';

/** What a reading says of the image as a whole, whatever its verdicts are. */
export interface DerivedImage {
  /** As if every advisory source answered for everything. */
  readonly ownState: 'complete' | 'partial' | 'not-assessable';
  /** Of the inventory alone. */
  readonly problems: readonly Problem[];
  /** That need a source, in code-unit order. */
  readonly ecosystems: readonly string[];
  readonly os: {
    readonly id: string;
    readonly version: string;
    readonly name: string;
    readonly endOfLife: string | null;
    readonly extendedEndOfLife: string | null;
  } | null;
  /** The release whose support counts. */
  readonly osRelease: string | null;
  /** By position of the package. */
  readonly judged: readonly boolean[];
  /** By which rules it was derived. */
  readonly rules: string;
}

export interface ImageReadingResult {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  /** Per layer of the facts (empty ones too): `console` or an agent's id, null where it was not read. */
  readonly readBy: readonly (string | null)[];
  readonly readByAll: string;
  readonly readers: { readonly [id: string]: number };
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
  await writeOccurrences(transaction, imageId, occurrences);
}

export async function writeResult(
  transaction: Transaction,
  imageId: string,
  reading: ImageReadingResult,
  derived: DerivedImage,
  profileId: number,
): Promise<void> {
  await transaction.query(
    `insert into image_result (image_id, packages, inventory_problems, operating_system, read_by, readers_sha256, facts, executables, relations,
       problems, own_state, os, os_release, profile_id, rules)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     on conflict (image_id) do update set packages = excluded.packages, inventory_problems = excluded.inventory_problems,
       operating_system = excluded.operating_system, read_by = excluded.read_by, readers_sha256 = excluded.readers_sha256,
       facts = excluded.facts, executables = excluded.executables, relations = excluded.relations, problems = excluded.problems,
       own_state = excluded.own_state, os = excluded.os, os_release = excluded.os_release, profile_id = excluded.profile_id,
       rules = excluded.rules, assessed_at = now()`,
    [
      imageId,
      reading.inventory.packages.length,
      plainJson(reading.inventory.problems),
      reading.inventory.operatingSystem === null ? null : plainJson(reading.inventory.operatingSystem),
      plainText(reading.readByAll),
      hashReaders(reading.readers),
      plainJson(reading.facts),
      reading.inventory.executables === undefined ? null : plainJson(reading.inventory.executables),
      reading.inventory.relations === undefined
        ? null
        : plainJson(toPositions(reading.inventory.relations, reading.inventory.packages)),
      plainJson(derived.problems),
      derived.ownState,
      derived.os === null ? null : plainJson(derived.os),
      derived.osRelease === null ? null : plainText(derived.osRelease),
      profileId,
      derived.rules,
    ],
  );
}

/** What is kept of an image's reading, to judge it again without reading: its packages and what could not be read. */
export interface KeptReading {
  readonly facts: ImageFacts;
  readonly inventory: Inventory;
  readonly readBy: string;
  /** Of what is stored: another one where anything of it was written since. */
  readonly version: string;
}

interface KeptRow {
  readonly facts: ImageFacts;
  readonly problems: readonly Problem[];
  readonly system: OperatingSystem | null;
  readonly readBy: string;
  readonly executables: Executables | null;
  readonly relations: Parameters<typeof fromPositions>[0] | null;
  readonly version: string;
}

const toKeptReading = (row: KeptRow, packages: readonly Package[]): KeptReading => ({
  facts: row.facts,
  inventory: {
    operatingSystem: row.system,
    packages,
    ...(row.relations === null ? {} : { relations: fromPositions(row.relations, packages) }),
    problems: row.problems,
    ...(row.executables === null ? {} : { executables: row.executables }),
  },
  readBy: row.readBy,
  version: row.version,
});

export async function findKeptReading(database: Queryable, imageId: string): Promise<KeptReading | undefined> {
  return (await findKeptReadings(database, [imageId])).get(imageId);
}

/** By image; those that were never read are absent. All packages of all of them lie in memory. */
export async function findKeptReadings(
  database: Queryable,
  imageIds: readonly string[],
): Promise<ReadonlyMap<string, KeptReading>> {
  const { rows } = await database.query<KeptRow & { id: string }>(
    `select image_id as id, xmin::text as version, facts, inventory_problems as problems, operating_system as system, read_by as "readBy",
            executables, relations from image_result where image_id = any($1::uuid[])`,
    [imageIds],
  );
  const packages = new Map(rows.map(({ id }): [string, Package[]] => [id, []]));
  const { rows: held } = await database.query<{ id: string; body: Package }>(
    `select o.image_id as id, p.body from occurrence o join package p on p.id = o.package_id
     where o.image_id = any($1::uuid[]) order by o.image_id, o.position`,
    [imageIds],
  );
  for (const { id, body } of held) packages.get(id)?.push(body);
  return new Map(rows.map((row) => [row.id, toKeptReading(row, packages.get(row.id) ?? [])]));
}

/**
 * What other rules derive from kept readings, in place of what those before did. One that was read again meanwhile stays as it is:
 * it was read by these rules, or is looked at again. The caller counts the images anew.
 */
export async function writeDerived(
  transaction: Transaction,
  images: readonly {
    readonly imageId: string;
    readonly version: string;
    readonly derived: DerivedImage;
    readonly profileId: number;
  }[],
  rules: string,
): Promise<void> {
  const rows = images.map(({ imageId, version, derived, profileId }) => ({
    id: imageId,
    version,
    problems: derived.problems,
    ownState: derived.ownState,
    os: derived.os,
    osRelease: derived.osRelease === null ? null : plainText(derived.osRelease),
    profileId,
  }));
  const { rows: written } = await transaction.query<{ id: string }>(
    `with given as materialized (
       select x.id, x.version, x.problems, x."ownState" as own_state, nullif(x.os, 'null') as os, x."osRelease" as os_release, x."profileId" as profile_id
       from jsonb_to_recordset($1::jsonb) as x(id uuid, version text, problems jsonb, "ownState" text, os jsonb, "osRelease" text, "profileId" bigint)
     ), held as materialized (
       select r.image_id from image_result r join given g on g.id = r.image_id and g.version = r.xmin::text
       where r.rules is distinct from $2 order by r.image_id for update of r
     )
     update image_result r set problems = g.problems, own_state = g.own_state, os = g.os, os_release = g.os_release, profile_id = g.profile_id, rules = $2
     from held h join given g on g.id = h.image_id where r.image_id = h.image_id returning r.image_id as id`,
    [plainJson(rows), rules],
  );
  const ids = new Set(written.map(({ id }) => id));
  const held = images.filter(({ imageId }) => ids.has(imageId));
  await transaction.query(
    // Bytes, as a place in them is found at once; in a text it is counted to from its beginning.
    `update occurrence o set judged = not o.judged from unnest($1::uuid[], $2::bytea[]) as x(id, flags)
     where o.image_id = x.id and o.position < length(x.flags) and get_byte(x.flags, least(o.position, length(x.flags) - 1)) = case when o.judged then 0 else 1 end`,
    [
      held.map(({ imageId }) => imageId),
      held.map(({ derived }) => Buffer.from(derived.judged.map((judged) => (judged ? 1 : 0)))),
    ],
  );
}

/** Images that other rules than these derived, by id: so many, or fewer where they have more packages than that together. */
export async function imagesOfOtherRules(
  database: Queryable,
  rules: string,
  limit: number,
  packagesMax: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select id from (
       select image_id as id, sum(packages) over (order by image_id) - packages as before
       from (select image_id, packages from image_result where rules is distinct from $1 order by image_id limit $2) r
     ) w where before < $3 order by id`,
    [rules, limit, packagesMax],
  );
  return rows.map((row) => row.id);
}

/** Every release of an operating system that some image has. */
export async function listReleases(
  database: Queryable,
): Promise<readonly { readonly distribution: string; readonly release: string }[]> {
  const { rows } = await database.query<{ distribution: string; release: string }>(
    `select distinct os ->> 'id' as distribution, os_release as release from image_result where os is not null and os_release is not null order by 1, 2`,
  );
  return rows;
}

/** Until when releases are supported, and so what state their images are in. Dates are `YYYY-MM-DD`. */
export async function writeSupport(
  transaction: Transaction,
  support: readonly {
    readonly distribution: string;
    readonly release: string;
    readonly endOfLife: string | null;
    readonly extendedEndOfLife: string | null;
  }[],
): Promise<void> {
  const { rows } = await transaction.query<{ id: string }>(
    `update image_result r set os = r.os || x.support
     from (select y.distribution, y.release, jsonb_build_object('endOfLife', y."endOfLife", 'extendedEndOfLife', y."extendedEndOfLife") as support
           from jsonb_to_recordset($1::jsonb) as y(distribution text, release text, "endOfLife" text, "extendedEndOfLife" text)) x
     where r.os ->> 'id' = x.distribution and r.os_release = x.release and not r.os @> x.support returning r.image_id as id`,
    [plainJson(support)],
  );
  await restateImages(
    transaction,
    rows.map(({ id }) => id),
  );
}
