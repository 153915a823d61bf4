import { formatPlatform, type ImageFacts } from '@hullcheck/core';
import type { Transaction } from './database.ts';
import { holdImages } from './image-hold.ts';
import { comparedOf, isOtherPlatform, joinNamed, joinVerified } from './image-joins.ts';
import { plainText } from './plain-text.ts';

/** What somebody saw of one image. At least one digest, or the name that the runtime alone knows. */
export interface Observation {
  /**
   * `console`: it read manifest and configuration and checked their digests, so it may join rows.
   * `agent`: a claim. It finds a row and adds digests that nobody has; it never joins two rows or takes a digest from one,
   * else a compromised host could make its clean image answer for somebody else's.
   */
  readonly by: 'console' | 'agent';
  readonly configDigest: string | null;
  /** All of this one image: the manifests of an index are of as many. */
  readonly manifestDigests: readonly string[];
  readonly indexDigests: readonly string[];
  /** By which a registry has it: of a manifest or of an index, which of the two nobody said. */
  readonly repositoryDigests: readonly string[];
  /** `linux/arm64/v8`; null where it is not known. */
  readonly platform: string | null;
  readonly builtAt: string | null;
  readonly size: number | null;
  /** For an image without any digest that others could know. */
  readonly fallbackName: string | null;
}

const identityLock = 8_480_005;

/** Keeps others from making images until the transaction ends: two that see the same new image at once would make it twice. */
export async function lockIdentities(transaction: Transaction): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1)', [identityLock]);
}

/**
 * The image that was observed, made where it is new. Join order: config digest, manifest digest, index with platform, repository
 * digest as either of them. It stays until the transaction ends, though no source has it yet.
 */
export async function resolveImage(transaction: Transaction, seen: Observation): Promise<string> {
  await holdImages(transaction, 'using');
  let found = await lookUp(transaction, seen);
  if (found.config === undefined || found.missing) {
    await lockIdentities(transaction);
    found = await lookUp(transaction, seen);
  }
  const known = found.config ?? found.eligible ?? found.indexed ?? found.fallback;
  const id = known ?? (await createImage(transaction, seen));
  if (seen.by === 'console') await joinVerified(transaction, id, seen, found.manifests);
  await addDigests(transaction, id, seen);
  await joinNamed(transaction, id, seen);
  // A claim fills in what nobody knows yet: with another platform, an image that the console reads would be found no more.
  const [platform, builtAt, size] =
    seen.by === 'console'
      ? ['coalesce($2, platform)', 'coalesce($3::timestamptz, built_at)', 'coalesce($4::bigint, size)']
      : ['coalesce(platform, $2)', 'coalesce(built_at, $3::timestamptz)', 'coalesce(size, $4::bigint)'];
  await transaction.query(
    `update image set platform = ${platform}, built_at = ${builtAt}, size = ${size}
     where id = $1 and (platform, built_at, size) is distinct from (${platform}, ${builtAt}, ${size})`,
    [id, seen.platform, seen.builtAt, seen.size],
  );
  return id;
}

interface LookUp {
  readonly config: string | undefined;
  /** Rows that the manifest digests name, oldest first. */
  readonly manifests: readonly string[];
  /** The first of them that is not known to be another image: one with another configuration is, whoever says otherwise. */
  readonly eligible: string | undefined;
  readonly indexed: string | undefined;
  readonly fallback: string | undefined;
  /** Some digest is not bound to any row yet. */
  readonly missing: boolean;
}

async function lookUp(transaction: Transaction, seen: Observation): Promise<LookUp> {
  const { rows } = await transaction.query<{
    kind: string;
    digest: string;
    imageId: string;
    hasConfig: boolean;
    isOther: boolean;
  }>(
    `select d.kind, d.digest, d.image_id as "imageId",
            exists (select 1 from image_digest c where c.image_id = d.image_id and c.kind = 'config') as "hasConfig",
            ${isOtherPlatform('i.platform', '$3::text')} as "isOther"
     from image_digest d join image i on i.id = d.image_id
     where (d.kind = 'config' and d.digest = $1) or (d.kind = 'manifest' and d.digest = any($2)) order by i.created_at, i.id`,
    [seen.configDigest, [...seen.manifestDigests, ...seen.repositoryDigests], seen.platform],
  );
  const config = rows.find((row) => row.kind === 'config')?.imageId;
  const manifests = [...new Set(rows.filter((row) => row.kind === 'manifest').map((row) => row.imageId))];
  const eligibleBy = (digests: readonly string[]) =>
    rows.find(
      (row) =>
        row.kind === 'manifest' &&
        digests.includes(row.digest) &&
        (seen.configDigest === null || !row.hasConfig) &&
        !row.isOther,
    )?.imageId;
  const eligible = eligibleBy(seen.manifestDigests);
  const bound = new Set(rows.filter((row) => row.kind === 'manifest').map((row) => row.digest));
  let indexed: string | undefined;
  let fallback: string | undefined;
  if (config === undefined && eligible === undefined) {
    // A host may have named by its manifest, without saying so, what another one does by an index.
    const named = seen.platform === null ? [] : [...seen.manifestDigests, ...seen.repositoryDigests];
    const { rows: byIndex } = await transaction.query<{ imageId: string; isIndex: boolean }>(
      `select x.image_id as "imageId", x.digest = any($1) as "isIndex" from image_index x join image i on i.id = x.image_id
       where (x.digest = any($1) or x.digest = any($5)) and x.platform = $2
         and not exists (select 1 from image_digest d where d.image_id = x.image_id
                         and ((d.kind = 'config' and $3::text is not null) or (d.kind = 'manifest' and cardinality($4::text[]) > 0)))
       order by 2 desc, x.certainty = 2 desc, i.created_at, i.id limit 1`,
      [seen.indexDigests, comparedOf(seen), seen.configDigest, seen.manifestDigests, named],
    );
    const [first] = byIndex;
    indexed = first?.isIndex === true ? first.imageId : (eligibleBy(seen.repositoryDigests) ?? first?.imageId);
    if (indexed === undefined && seen.fallbackName !== null) {
      const { rows: byName } = await transaction.query<{ id: string }>(
        'select id from image where fallback_name = $1 limit 1',
        [seen.fallbackName],
      );
      fallback = byName[0]?.id;
    }
  }
  return {
    config,
    manifests,
    eligible,
    indexed,
    fallback,
    missing: seen.manifestDigests.some((digest) => !bound.has(digest)),
  };
}

async function createImage(transaction: Transaction, seen: Observation): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    'insert into image (fallback_name) values ($1) returning id',
    [seen.fallbackName === null ? null : plainText(seen.fallbackName)],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an insert returned no row');
  return row.id;
}

async function addDigests(transaction: Transaction, id: string, seen: Observation): Promise<void> {
  const digests = [
    ...(seen.configDigest === null ? [] : [{ kind: 'config', digest: seen.configDigest }]),
    ...seen.manifestDigests.map((digest) => ({ kind: 'manifest', digest })),
  ];
  await transaction.query(
    `insert into image_digest (kind, digest, image_id)
     select x.kind, x.digest, $2 from jsonb_to_recordset($1::jsonb) as x(kind text, digest text)
     where x.kind <> 'config' or not exists (select 1 from image_digest d where d.image_id = $2 and d.kind = 'config')
     on conflict do nothing`,
    [JSON.stringify(digests), id],
  );
  const indexes = [...new Set(seen.indexDigests)].map((digest) => ({
    digest,
    certainty: seen.by === 'console' ? 2 : 1,
  }));
  const named = seen.platform === null ? [] : seen.repositoryDigests.map((digest) => ({ digest, certainty: 0 }));
  await transaction.query(
    `insert into image_index (digest, platform, image_id, certainty)
     select x.digest, $2, $3, x.certainty from jsonb_to_recordset($1::jsonb) as x(digest text, certainty smallint)
     where x.certainty > 0 or not exists (select 1 from image_digest d where d.kind = 'manifest' and d.digest = x.digest)
     on conflict (digest, platform, image_id) do update set certainty = excluded.certainty where image_index.certainty < excluded.certainty`,
    [JSON.stringify([...indexes, ...named]), comparedOf(seen), id],
  );
}

/**
 * Of these claims the images that are known with every digest, so that nothing has to be written: a host's thousandth report
 * of what all hosts have costs one look. They stay until the transaction ends. By the caller's key.
 */
export async function findSettledImages(
  transaction: Transaction,
  seen: readonly (Observation & { readonly key: string })[],
): Promise<ReadonlyMap<string, string>> {
  await holdImages(transaction, 'using');
  const { rows } = await transaction.query<{ key: string; id: string }>(
    // Who it is first, by itself: else every image there is would be compared with every claim.
    `select x.key, i.id
     from (
       select x.*, case
         when x."configDigest" is not null then (select d.image_id from image_digest d where d.kind = 'config' and d.digest = x."configDigest")
         else coalesce(
           (select o.id from image_digest d join image o on o.id = d.image_id
            where d.kind = 'manifest' and d.digest in (select jsonb_array_elements_text(x."manifestDigests"))
              and not ${isOtherPlatform('o.platform', 'x.platform')} order by o.created_at, o.id limit 1),
           (select o.id from image_index d join image o on o.id = d.image_id
            where d.platform = x.compared and d.digest in (select jsonb_array_elements_text(x."indexDigests")) order by d.certainty = 2 desc, o.created_at, o.id limit 1),
           (select o.id from image_digest d join image o on o.id = d.image_id
            where d.kind = 'manifest' and d.digest in (select jsonb_array_elements_text(x."repositoryDigests"))
              and not ${isOtherPlatform('o.platform', 'x.platform')} order by o.created_at, o.id limit 1),
           (select o.id from image_index d join image o on o.id = d.image_id
            where x.compared <> '' and d.platform = x.compared and d.digest in (select jsonb_array_elements_text(x."repositoryDigests"))
            order by d.certainty = 2 desc, o.created_at, o.id limit 1),
           (select o.id from image o where o.fallback_name = x."fallbackName" limit 1)) end as image_id
       from jsonb_to_recordset($1::jsonb) as x(key text, "configDigest" text, "manifestDigests" jsonb, "indexDigests" jsonb, "repositoryDigests" jsonb, platform text, compared text,
                                               "builtAt" timestamptz, size bigint, "fallbackName" text) offset 0
     ) x join image i on i.id = x.image_id
     where (i.platform is not null or x.platform is null) and (i.built_at is not null or x."builtAt" is null) and (i.size is not null or x.size is null)
       and not exists (select 1 from jsonb_array_elements_text(x."manifestDigests") m
                       where not exists (select 1 from image_digest e where e.kind = 'manifest' and e.digest = m))
       and not exists (select 1 from jsonb_array_elements_text(x."indexDigests") m
                       where not exists (select 1 from image_index e where e.digest = m and e.platform = x.compared and e.image_id = i.id))
       and (x.compared = '' or not exists (
         select 1 from jsonb_array_elements_text(x."repositoryDigests") m
         where not exists (select 1 from image_digest e where e.kind = 'manifest' and e.digest = m)
           and not exists (select 1 from image_index e where e.digest = m and e.platform = x.compared and e.image_id = i.id)))`,
    [JSON.stringify(seen.map((claim) => ({ ...claim, compared: comparedOf(claim) })))],
  );
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/** The row of an image id, also of one that was merged away; undefined where the caller's scopes don't see it. */
export async function findVisibleImage(
  database: Pick<Transaction, 'query'>,
  scopes: readonly string[],
  id: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>(
    `select i.id from image i
     where i.id = coalesce((select m.image_id from image_merge m where m.old_id = $1), $1)
       and exists (select 1 from image_sighting g where g.image_id = i.id and g.scope_id = any($2))`,
    [id, scopes],
  );
  return rows[0]?.id;
}

export async function findImageByDigest(
  database: Pick<Transaction, 'query'>,
  kind: 'config' | 'manifest',
  digest: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ id: string }>(
    'select image_id as id from image_digest where kind = $1 and digest = $2',
    [kind, digest],
  );
  return rows[0]?.id;
}

export async function listDigests(
  database: Pick<Transaction, 'query'>,
  imageId: string,
): Promise<readonly { readonly kind: string; readonly digest: string }[]> {
  const { rows } = await database.query<{ kind: string; digest: string }>(
    `select kind, digest from image_digest where image_id = $1 union all select 'index', digest from image_index where image_id = $1 order by 1, 2`,
    [imageId],
  );
  return rows;
}

/** What the image says of itself, now that it was read. */
export async function writeFacts(transaction: Transaction, imageId: string, facts: ImageFacts): Promise<void> {
  await transaction.query(
    'update image set platform = coalesce($2, platform), built_at = coalesce($3::timestamptz, built_at), size = coalesce($4, size) where id = $1',
    [imageId, facts.platform === null ? null : formatPlatform(facts.platform), facts.created, facts.size],
  );
}
