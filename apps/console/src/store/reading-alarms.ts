import { isOfRevoked } from './agents.ts';
import { recordAudit } from './audit.ts';
import type { Queryable, Transaction } from './database.ts';
import { differingLayers } from './layers.ts';
import { inScope, type ScopeView } from './scope.ts';

/** SQL: the layers that a kept reading names, as JSON that two can be compared by. */
export function layerListOf(reading: string): string {
  return `jsonb_path_query_array(${reading}, '$.layers[*] ? (@.empty == false).diffId')`;
}

/**
 * Whether agents that read this image name different layers of it: an agent that leaves a layer out hides what is in it, and
 * each layer that it does send is true.
 */
export async function differInLayers(database: Queryable, imageId: string): Promise<boolean> {
  const { rows } = await database.query<{ differ: boolean }>(
    `select count(distinct ${layerListOf('r.reading')}) > 1 as differ
     from agent_reading r where r.image_id = $1 and not ${isOfRevoked('r.agent_id')}`,
    [imageId],
  );
  return rows[0]?.differ === true;
}

/** Of a layer by its diffID, or of which layers an image has, by its id. */
export interface RaisedAlarm {
  readonly target: string;
  readonly readers: readonly { readonly id: string; readonly name: string }[];
}

/**
 * Raises what differs among these layers, and of which layers the image has: each once while it differs, with an entry in the
 * audit log that names the readers. Answers also the images that show another state than they were given, to be composed again.
 */
export async function raiseAlarms(
  transaction: Transaction,
  subject: { readonly diffIds: readonly string[]; readonly imageId?: string },
  imagesMax: number,
): Promise<{ readonly raised: readonly RaisedAlarm[]; readonly images: readonly string[] }> {
  const touched = new Set<string>();
  const alarms: RaisedAlarm[] = [];
  for (const diffId of await differingLayers(transaction, subject.diffIds)) {
    const { rows } = await transaction.query<{ layerId: number }>(
      `insert into reading_alarm (layer_id) select id from layer where diff_id = $1 on conflict do nothing returning layer_id as "layerId"`,
      [diffId],
    );
    const [raised] = rows;
    if (raised === undefined) continue;
    const { rows: readers } = await transaction.query<{ id: string; name: string }>(
      `select r.trust_domain as id, coalesce(a.name, 'console') as name from layer_report r left join agent a on a.id = r.trust_domain
       where r.layer_id = $1 order by 1`,
      [raised.layerId],
    );
    alarms.push({ target: diffId, readers });
    const { rows: images } = await transaction.query<{ id: string }>(
      'select distinct image_id as id from image_layer where layer_id = $1 order by 1 limit $2',
      [raised.layerId, imagesMax],
    );
    for (const { id } of images) touched.add(id);
  }
  const { imageId } = subject;
  if (imageId !== undefined && (await differInLayers(transaction, imageId))) {
    const { rowCount } = await transaction.query(
      'insert into reading_alarm (image_id) values ($1) on conflict do nothing',
      [imageId],
    );
    if (rowCount === 1) {
      const { rows: readers } = await transaction.query<{ id: string; name: string }>(
        'select a.id, a.name from agent_reading r join agent a on a.id = r.agent_id where r.image_id = $1 order by 1',
        [imageId],
      );
      alarms.push({ target: imageId, readers });
      touched.add(imageId);
    }
  }
  for (const raised of alarms) await audit(transaction, raised);
  return { raised: alarms, images: [...touched] };
}

async function audit(transaction: Transaction, { target, readers }: RaisedAlarm): Promise<void> {
  await recordAudit(transaction, {
    actor: 'console',
    action: 'readings.differ',
    target,
    outcome: 'failed',
    address: null,
    detail: { readers },
  });
}

/** Ends the alarms of what does not differ any more, because one of the readings is gone or was replaced. */
export async function endAlarms(transaction: Transaction): Promise<void> {
  await transaction.query(
    `update reading_alarm al set ended_at = now() where ended_at is null and layer_id is not null and not exists (
       select 1 from layer_report r where r.layer_id = al.layer_id and not ${isOfRevoked('r.trust_domain')} group by r.readers_sha256 having count(distinct r.content_sha256) > 1)`,
  );
  await transaction.query(
    `update reading_alarm al set ended_at = now() where ended_at is null and image_id is not null and (
       select count(distinct ${layerListOf('r.reading')}) < 2
       from agent_reading r where r.image_id = al.image_id and not ${isOfRevoked('r.agent_id')})`,
  );
}

/** How many there are now, of all scopes. */
export async function countAlarms(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    'select count(*)::int as n from reading_alarm where ended_at is null',
  );
  return rows[0]?.n ?? 0;
}

export interface OpenAlarm {
  readonly of: 'layer' | 'image';
  /** An image that the caller sees and that it is about. */
  readonly imageId: string;
  readonly readers: readonly string[];
}

/** What differs now in images that the caller sees, the last first. Asked with every look at the overview; there are none but when a host lies. */
export async function listAlarms(database: Queryable, view: ScopeView, limit: number): Promise<readonly OpenAlarm[]> {
  const { rows } = await database.query<OpenAlarm>(
    `select case when al.layer_id is null then 'image' else 'layer' end as of, i.image_id as "imageId",
            array(select coalesce(a.name, 'the console') from layer_report r left join agent a on a.id = r.trust_domain
                  where r.layer_id = al.layer_id and not ${isOfRevoked('r.trust_domain')}
                  union select a.name from agent_reading r join agent a on a.id = r.agent_id
                  where r.image_id = al.image_id and not ${isOfRevoked('r.agent_id')} order by 1) as readers
     from reading_alarm al cross join lateral (
       (select s.image_id from image_summary s where s.image_id = al.image_id and ${inScope('s.scope_id', view)} limit 1)
       union all
       (select l.image_id from image_layer l join image_summary s on s.image_id = l.image_id and ${inScope('s.scope_id', view)}
        where l.layer_id = al.layer_id limit 1)) i
     where al.ended_at is null order by al.raised_at desc, al.id limit $2`,
    [view.scopes, limit],
  );
  return rows;
}
