import { counts, countsAsHost } from './cluster-containers.ts';
import type { Transaction } from './database.ts';
import { keepStays } from './image-stays.ts';
import { followBases } from './lineage.ts';
import { noteSourceless, type SourceLeft } from './sourceless-images.ts';

/**
 * Recounts what lists show of these images, in every scope that sees them; a scope that sees one no more loses its row.
 * Whoever changes a sighting, a name, a container, a host's image or a result calls this in the same transaction.
 */
export async function refreshSummaries(transaction: Transaction, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  // One order for all writers: two that share images wait for each other instead of for ever.
  const ids = [...new Set(imageIds)].sort();
  // Held before anything is counted: whoever counts or adds at the same time does so before or after, and is seen.
  await transaction.query(
    `insert into image_summary (scope_id, image_id, rank, state, tags, names, hosts, running)
     select distinct g.scope_id, g.image_id, 1, 'none', '{}'::text[], '{}'::text[], 0, 0 from image_sighting g
     where g.image_id = any($1::uuid[]) and not exists (select 1 from image_summary s where s.scope_id = g.scope_id and s.image_id = g.image_id)
     order by 2, 1 on conflict do nothing`,
    [ids],
  );
  await transaction.query(
    'select 1 from image_summary where image_id = any($1::uuid[]) order by image_id, scope_id for update',
    [ids],
  );
  // Now that they are held: of two that take the last sources of one image away at once, the second finds none.
  const { rows: left } = await transaction.query<SourceLeft>(
    `with gone as (
       delete from image_summary s where s.image_id = any($1::uuid[])
         and not exists (select 1 from image_sighting g where g.image_id = s.image_id and g.scope_id = s.scope_id)
       returning s.image_id, s.scope_id, s.since
     ), stayed as (
       ${keepStays('select scope_id as place_id, image_id, since, now() as until from gone')}
     )
     select image_id as "imageId", scope_id as "scopeId" from gone`,
    [ids],
  );
  await noteSourceless(transaction, left);
  // An image's containers are fetched before they are looked at: while the table has no statistics yet, all containers of the
  // scope would be read beside them.
  await transaction.query(
    `insert into image_summary (scope_id, image_id, rank, risk, state, registry, repository, tags, names, digest, os_id, hosts, running, size, built_at)
     select g.scope_id, i.id,
            case when r.risk is null then 1 else r.risk * 2 end,
            r.risk,
            coalesce(r.state, case when (select a.state from assessment a where a.image_id = i.id order by a.queued_at desc limit 1) = 'failed'
                                   then 'failed' else 'none' end),
            n.registry, n.repository,
            array(select distinct t.tag from image_name t where t.image_id = i.id and t.scope_id = g.scope_id
                  and t.registry = n.registry and t.repository = n.repository and t.tag <> '' order by t.tag limit 200),
            array(select distinct t.registry || '/' || t.repository || case t.tag when '' then '' else ':' || t.tag end
                  from image_name t where t.image_id = i.id and t.scope_id = g.scope_id order by 1 limit 500),
            coalesce((select d.digest from image_digest d where d.image_id = i.id order by d.kind, d.first_seen limit 1),
                     (select x.digest from image_index x where x.image_id = i.id order by x.certainty desc, x.first_seen limit 1)),
            f.os ->> 'id',
            (select count(distinct h.id) from host_image hi join host h on h.id = hi.host_id
             where hi.image_id = i.id and h.scope_id = g.scope_id and h.inactive_at is null and ${countsAsHost('h', 'i.id')}),
            (select count(*) from (select * from container c where c.image_id = i.id and ${counts('c')} offset 0) c
             where c.scope_id = g.scope_id and c.state = 'running'),
            i.size, i.built_at
     from (select distinct scope_id, image_id from image_sighting where image_id = any($1::uuid[])) g
     join image i on i.id = g.image_id
     left join image_standing r on r.image_id = i.id
     left join image_result f on f.image_id = i.id
     left join lateral (
       select t.registry, t.repository from image_name t where t.image_id = i.id and t.scope_id = g.scope_id
       order by t.tag = '', t.registry collate "C", t.repository collate "C" limit 1
     ) n on true
     order by i.id, g.scope_id
     on conflict (scope_id, image_id) do update set
       rank = excluded.rank, risk = excluded.risk, state = excluded.state, registry = excluded.registry,
       repository = excluded.repository, tags = excluded.tags, names = excluded.names, digest = excluded.digest,
       os_id = excluded.os_id, hosts = excluded.hosts, running = excluded.running, size = excluded.size,
       built_at = excluded.built_at`,
    [ids],
  );
  await followBases(transaction, ids);
}

export interface SummaryStep {
  readonly imageId: string;
  /** Hosts that have it, containers that run it: how many more, or fewer. */
  readonly hosts: number;
  readonly running: number;
}

/**
 * Adds to the counts of a scope's images, of which one may have several steps: an image that thousands of hosts have is not counted anew for one of them. Answers those that
 * are not listed, because another source left them in this moment: they are counted anew. `come` are held with them though nothing of
 * them is counted, as a cluster's whose containers count at its nodes: whoever changes their risk does so before or after (host-risks.ts).
 */
export async function stepSummaries(
  transaction: Transaction,
  scopeId: string,
  steps: readonly SummaryStep[],
  come: readonly string[] = [],
): Promise<readonly string[]> {
  const byImage = Map.groupBy(steps, ({ imageId }) => imageId);
  const moved = [...byImage]
    .map(([imageId, of]) => ({
      imageId,
      hosts: of.reduce((sum, { hosts }) => sum + hosts, 0),
      running: of.reduce((sum, { running }) => sum + running, 0),
    }))
    .filter(({ hosts, running }) => hosts !== 0 || running !== 0);
  const ids = moved.map(({ imageId }) => imageId);
  const held = [...new Set([...ids, ...come])];
  if (held.length === 0) return [];
  const { rows } = await transaction.query<{ id: string }>(
    'select image_id as id from image_summary where image_id = any($1::uuid[]) and scope_id = $2 order by image_id for update',
    [held, scopeId],
  );
  await transaction.query(
    `update image_summary s set hosts = greatest(0, s.hosts + x.hosts), running = greatest(0, s.running + x.running)
     from unnest($1::uuid[], $2::int[], $3::int[]) as x(id, hosts, running) where s.image_id = x.id and s.scope_id = $4`,
    [ids, moved.map(({ hosts }) => hosts), moved.map(({ running }) => running), scopeId],
  );
  const listed = new Set(rows.map(({ id }) => id));
  return held.filter((id) => !listed.has(id));
}
