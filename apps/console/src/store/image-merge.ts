import type { Transaction } from './database.ts';
import { recountRisksOf } from './host-risks.ts';
import { refreshSummaries } from './summaries.ts';

/**
 * Two rows proved to be one image: everything that hangs on the second moves to the first. Nothing is lost: where both have
 * a result or an assessment that runs, the kept row's stays; an old link is led on.
 */
export async function mergeImages(transaction: Transaction, keep: string, gone: string, reason: string): Promise<void> {
  // In one order, so that two merges of the same pair can't wait for each other.
  await transaction.query('select id from image where id = any($1) order by id for update', [[keep, gone]]);
  const run = (sql: string) => transaction.query(sql, [keep, gone]);
  await run(`update image_digest set image_id = $1 where image_id = $2`);
  for (const [table, rest] of [
    ['image_index', 'digest, platform'],
    ['digest_seen', 'digest, kind, registry, repository'],
    ['image_sighting', 'scope_id, kind, source_id'],
    ['image_name', 'scope_id, source_id, registry, repository, tag'],
    ['agent_reading', 'agent_id'],
    ['tag_image', 'repository_id, name'],
  ] as const) {
    const same = rest
      .split(', ')
      .map((column) => `k.${column} = t.${column}`)
      .join(' and ');
    const since = { image_sighting: 'first_seen', tag_image: 'since' }[table as string];
    if (since !== undefined)
      await run(
        `update ${table} k set ${since} = t.${since} from ${table} t where k.image_id = $1 and t.image_id = $2 and ${same} and t.${since} < k.${since}`,
      );
    await run(
      `update ${table} t set image_id = $1 where t.image_id = $2 and not exists (select 1 from ${table} k where k.image_id = $1 and ${same})`,
    );
    await transaction.query(`delete from ${table} where image_id = $1`, [gone]);
  }
  for (const table of ['host_image', 'container', 'tag', 'upload_image', 'image_merge', 'base']) {
    await run(`update ${table} set image_id = $1 where image_id = $2`);
  }
  await run(
    `update assessment set state = 'none', finished_at = now(), reason = 'It proved to be the same image as another one.', token = null
     where image_id = $2 and state in ('queued', 'running', 'waiting')
       and exists (select 1 from assessment k where k.image_id = $1 and k.state in ('queued', 'running', 'waiting'))`,
  );
  await run(`update assessment set image_id = $1 where image_id = $2`);
  const { rowCount: assessed } = await transaction.query('select 1 from image_result where image_id = $1', [keep]);
  if (assessed === 0) {
    for (const table of ['image_layer', 'image_prefix'])
      await transaction.query(`delete from ${table} where image_id = $1`, [keep]);
    // What the kept one said before goes on to the day on which the other began to say something: of one day there is one row.
    await run(
      'delete from image_trend k where k.image_id = $1 and k.since >= (select min(t.since) from image_trend t where t.image_id = $2)',
    );
    for (const table of [
      'image_result',
      'image_layer',
      'image_prefix',
      'occurrence',
      'image_standing',
      'occurrence_change',
      'image_trend',
    ]) {
      await run(`update ${table} set image_id = $1 where image_id = $2`);
    }
  }
  await run(
    `update image k set platform = coalesce(k.platform, g.platform), built_at = coalesce(k.built_at, g.built_at), size = coalesce(k.size, g.size),
            fallback_name = coalesce(k.fallback_name, g.fallback_name)
     from image g where k.id = $1 and g.id = $2`,
  );
  await transaction.query('insert into image_merge (old_id, image_id, reason) values ($1, $2, $3)', [
    gone,
    keep,
    reason,
  ]);
  const { rows: listed } = await transaction.query<{ scopeId: string; since: Date }>(
    'select scope_id as "scopeId", since from image_summary where image_id = $1',
    [gone],
  );
  await transaction.query('delete from image where id = $1', [gone]);
  await transaction.query('delete from sourceless_image where image_id = $1', [gone]);
  await refreshSummaries(transaction, [keep]);
  await transaction.query(
    `update image_summary m set since = x.since from unnest($2::uuid[], $3::timestamptz[]) as x(scope_id, since)
     where m.image_id = $1 and m.scope_id = x.scope_id and x.since < m.since`,
    [keep, listed.map(({ scopeId }) => scopeId), listed.map(({ since }) => since)],
  );
  await recountRisksOf(transaction, [keep]);
}
