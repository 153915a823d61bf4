import { inScope, type ScopeView } from './scope.ts';

/*
 * Which images were where at what time: on a host, behind the tags of a repository, in a scope. One that is there says in its own row since
 * when (`image_sighting.first_seen`, `tag_image.since`, `image_summary.since`); when that row goes or changes, the same statement
 * keeps the time that ended, by days, as trends are drawn. What came and went within a day is in no trend and leaves nothing.
 */

/** Days are UTC's. */
const dayOf = (moment: string) => `(${moment} at time zone 'UTC')::date`;

/** SQL that keeps stays which ended: of `place_id`, `image_id`, and the moments `since` and `until`. */
export function keepStays(ended: string): string {
  return `insert into image_stay as k (place_id, image_id, since, until)
    select place_id, image_id, min(since), until
    from (select e.place_id, e.image_id, ${dayOf('e.since')} as since, ${dayOf('e.until')} as until from (${ended}) e) d
    where since < until group by place_id, image_id, until order by place_id, image_id, until
    on conflict (place_id, image_id, until) do update set since = least(k.since, excluded.since)`;
}

export interface PlaceOf {
  readonly image?: string | undefined;
  readonly host?: string | undefined;
  readonly registry?: string | undefined;
  readonly repository?: string | undefined;
}

/** Two rows that proved to be one image are one, whenever that was. */
const ended = (places: string) =>
  `select coalesce(m.image_id, k.image_id) as image_id, k.since, k.until
   from image_stay k left join image_merge m on m.old_id = k.image_id where k.place_id in (${places})`;

/** SQL for which images were there from which day to which (null: they are): `image_id`, `since`, `until`. With the scopes as $1. */
export function staysOf(view: ScopeView, of: PlaceOf): { readonly sql: string; readonly values: readonly unknown[] } {
  if (of.image !== undefined) {
    const sql = `select m.image_id, '-infinity'::date as since, null::date as until from image_summary m
      where ${inScope('m.scope_id', view)} and m.image_id = $2`;
    return { sql, values: [of.image] };
  }
  if (of.host !== undefined) {
    const sql = `select g.image_id, ${dayOf('g.first_seen')} as since, null::date as until from image_sighting g
      where g.source_id = $2 and g.kind = 'host' and ${inScope('g.scope_id', view)}
      union all ${ended(`select h.id from host h where h.id = $2 and ${inScope('h.scope_id', view)}`)}`;
    return { sql, values: [of.host] };
  }
  if (of.registry !== undefined || of.repository !== undefined) {
    const values = [of.registry, of.repository].filter((value) => value !== undefined);
    const where = [
      inScope('r.scope_id', view),
      ...(of.registry === undefined ? [] : ['r.registry = $2']),
      ...(of.repository === undefined ? [] : [`r.name = $${values.length + 1}`]),
    ].join(' and ');
    const sql = `select m.image_id, ${dayOf('m.since')} as since, ${dayOf('least(t.gone_at, r.gone_at)')} as until
      from repository r join tag t on t.repository_id = r.id join tag_image m on m.repository_id = t.repository_id and m.name = t.name where ${where}
      union all ${ended(`select r.id from repository r where ${where}`)}`;
    return { sql, values };
  }
  const sql = `select m.image_id, ${dayOf('m.since')} as since, null::date as until from image_summary m where ${inScope('m.scope_id', view)}
    union all ${ended('select unnest($1::uuid[])')}`;
  return { sql, values: [] };
}
