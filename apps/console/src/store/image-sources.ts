import { isRevoked, reads } from './agents.ts';
import type { Queryable } from './database.ts';
import { isSilent } from './host-silence.ts';

/** Where the bytes of an image may be had, each list in the order in which it is tried. */
export interface ImageSources {
  readonly platform: string | null;
  readonly configDigest: string | null;
  /** An uploaded archive that is still kept. */
  readonly uploads: readonly {
    readonly uploadId: string;
    readonly file: string;
    readonly position: number;
    readonly name: string;
  }[];
  /** Named by digest where one was seen in that repository, else by the tag a connection read. */
  readonly references: readonly RegistryReference[];
  readonly agents: readonly AgentHolder[];
}

export interface RegistryReference {
  readonly registry: string;
  readonly repository: string;
  /** A digest, or a tag that is checked against the image's own digests. */
  readonly reference: string;
  readonly byDigest: boolean;
}

export interface AgentHolder {
  readonly agentId: string;
  readonly name: string;
  readonly canRead: boolean;
  readonly hasReading: boolean;
  readonly stale: boolean;
}

export async function findSources(database: Queryable, imageId: string): Promise<ImageSources> {
  const { rows: image } = await database.query<{ platform: string | null; configDigest: string | null }>(
    `select i.platform, (select d.digest from image_digest d where d.image_id = i.id and d.kind = 'config' order by d.first_seen limit 1) as "configDigest"
     from image i where i.id = $1`,
    [imageId],
  );
  const { rows: uploads } = await database.query<{ uploadId: string; file: string; position: number; name: string }>(
    `select u.id as "uploadId", u.file, ui.position, u.name from upload_image ui join upload u on u.id = ui.upload_id
     where ui.image_id = $1 and u.file is not null order by u.received_at desc`,
    [imageId],
  );
  const references = await listReferences(database, imageId);
  const { rows: agents } = await database.query<AgentHolder>(
    `select distinct a.id as "agentId", a.name, ${reads('a')} as "canRead",
            exists (select 1 from agent_reading r where r.image_id = $1 and r.agent_id = a.id) as "hasReading",
            ${isSilent('h')} as stale
     from host_image hi join host h on h.id = hi.host_id join agent a on a.id = h.agent_id
     where hi.image_id = $1 and not ${isRevoked('a')} order by a.id`,
    [imageId],
  );
  return {
    platform: image[0]?.platform ?? null,
    configDigest: image[0]?.configDigest ?? null,
    uploads,
    references,
    agents,
  };
}

/** Of what one connection read itself, and of what one host names. */
const OWN_MAX = 20;
const PER_CLAIMANT_MAX = 8;

/**
 * Where registries may have it: first what connections read there themselves, then what hosts name, in turns, each its first few,
 * those at connected registries before others. A host can name what it likes, and must not push aside what others name; what
 * nobody is known to have named counts as one host's. Where there are few in all, who named them is not asked: thousands of hosts may
 * have named the same.
 */
async function listReferences(database: Queryable, imageId: string): Promise<readonly RegistryReference[]> {
  const { rows } = await database.query<RegistryReference>(
    `with own as (
       select r.registry, r.name as repository, t.digest as reference,
              row_number() over (order by t.gone_at is not null, max(t.seen_at) desc, r.registry collate "C", r.name collate "C", t.digest) as place
       from tag_image m join tag t on t.repository_id = m.repository_id and t.name = m.name join repository r on r.id = t.repository_id
       where m.image_id = $1 group by r.registry, r.name, t.digest, t.gone_at is not null
     ), named as (
       select s.registry, s.repository, s.digest as reference, true as by_digest, min(case s.kind when 'manifest' then 0 else 1 end) as rank
       from digest_seen s where s.image_id = $1 and s.kind in ('manifest', 'index') group by s.registry, s.repository, s.digest
       union
       select n.registry, n.repository, n.tag, false, 2 from image_name n
       where n.image_id = $1 and n.tag <> '' and exists (select 1 from image_digest d where d.image_id = $1)
     ), claimed as (
       select n.*, exists (select 1 from connection c where c.registry = n.registry) as connected, k.source_id
       from named n left join (select distinct source_id, registry, repository from image_name
                               where image_id = $1 and (select count(*) from named) > ${PER_CLAIMANT_MAX}) k
         on k.registry = n.registry and k.repository = n.repository
     ), placed as (
       select *, row_number() over (partition by source_id
                                    order by connected desc, rank, registry collate "C", repository collate "C", reference collate "C") as place
       from claimed
     )
     select registry, repository, reference, by_digest as "byDigest" from (
       select registry, repository, reference, true as by_digest, 0 as turn, place, false as connected, 0 as rank from own where place <= ${OWN_MAX}
       union all
       select registry, repository, reference, by_digest, 1, min(place), connected, rank from placed n
       where place <= ${PER_CLAIMANT_MAX}
         and not exists (select 1 from own o where o.place <= ${OWN_MAX}
                         and o.registry = n.registry and o.repository = n.repository and o.reference = n.reference)
       group by registry, repository, reference, by_digest, connected, rank
     ) r order by turn, place, connected desc, rank, registry collate "C", repository collate "C", reference collate "C" limit 50`,
    [imageId],
  );
  return rows;
}

export async function findAgentReading(database: Queryable, imageId: string, agentId: string): Promise<unknown> {
  const { rows } = await database.query<{ reading: unknown }>(
    'select reading from agent_reading where image_id = $1 and agent_id = $2',
    [imageId, agentId],
  );
  return rows[0]?.reading;
}
