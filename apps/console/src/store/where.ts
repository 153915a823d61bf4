import type { HostState } from '@hullcheck/contract';
import { counts, countsAsHost } from './cluster-containers.ts';
import type { Queryable } from './database.ts';
import { stateOf } from './host-silence.ts';
import type { ScopeView } from './scope.ts';

/** Where something is. Lists are cut; the totals are of everything. */
export interface Places {
  readonly images: readonly {
    readonly id: string;
    readonly name: string;
    readonly digest: string | null;
    readonly risk: number | null;
    readonly readBy: string | null;
    /** What of it is there: purls, layers or paths. */
    readonly through: readonly string[];
    readonly running: number;
  }[];
  readonly repositories: readonly { readonly registry: string; readonly repository: string }[];
  readonly hosts: readonly { readonly id: string; readonly name: string; readonly state: HostState }[];
  readonly containers: readonly {
    readonly id: string;
    readonly name: string;
    readonly host: string;
    readonly state: string;
  }[];
  readonly totals: { readonly images: number; readonly running: number };
}

/** Containers of one image that are listed: a fleet runs thousands of one. */
const CONTAINERS_OF_IMAGE_MAX = 200;

/** What is looked for, as queries whose placeholders begin at $2. */
export interface Sought {
  /** Of `image_id`, repeated or not. */
  readonly images: string;
  /** Of `image_id` and `through`, within the images that are bound as `among`. */
  readonly through: (among: string) => string;
  readonly values: readonly unknown[];
}

/**
 * The places of what is sought. All images are walked once (8 ms for 20,000): the planner takes a widespread flaw for a rare one and
 * would look each of its images up, which a plain join lets it do and an outer one does not. What it is in each image is asked
 * of those alone that are listed.
 */
export async function findPlaces(database: Queryable, view: ScopeView, sought: Sought, limit: number): Promise<Places> {
  const bound = `$${sought.values.length + 2}`;
  const { rows: listed } = await database.query<
    Omit<Places['images'][number], 'through'> & { total: number; totalRunning: number }
  >(
    `select s.image_id as id, coalesce(s.registry || '/' || s.repository || coalesce(':' || s.tags[1], ''), s.digest, 'an image') as name,
            s.digest, s.risk, r.read_by as "readBy", s.running, f.total, f."totalRunning"
     from (select s.scope_id, s.image_id, count(*) over ()::int as total, sum(s.running) over ()::int as "totalRunning"
           from image_summary s left join (select distinct x.image_id, true as found from (${sought.images}) x) f on f.image_id = s.image_id
           where s.scope_id = any($1) and coalesce(f.found, false) order by s.rank desc, s.image_id limit ${bound}) f
     join image_summary s on s.scope_id = f.scope_id and s.image_id = f.image_id
     left join image_result r on r.image_id = f.image_id
     order by s.rank desc, s.image_id`,
    [view.scopes, ...sought.values, limit],
  );
  const ids = [...new Set(listed.map((row) => row.id))];
  // Two by two: one after another they would take longer than the page may, all at once one page would take a fifth of the sessions.
  const [through, repositories] = await Promise.all([
    database.query<{ id: string; through: string[] }>(
      `select x.image_id as id, (array_agg(distinct x.through))[1:20] as through
       from (${sought.through('$1::uuid[]')}) x group by x.image_id`,
      [ids, ...sought.values],
    ),
    // Out of what lists keep of each image: every host that has it is a row of its names.
    database.query<Places['repositories'][number]>(
      `select distinct split_part(n, '/', 1) as registry, regexp_replace(substr(n, strpos(n, '/') + 1), ':[^/]*$', '') as repository
       from image_summary s, unnest(s.names) n where s.image_id = any($1) and s.scope_id = any($2) order by 1, 2 limit $3`,
      [ids, view.scopes, limit],
    ),
  ]);
  const [hosts, containers] = await Promise.all([
    database.query<Places['hosts'][number]>(
      `select h.id, h.name, ${stateOf('h')} as state from host h where h.scope_id = any($2)
         and h.id in (select hi.host_id from host_image hi where hi.image_id = any($1)) and ${countsAsHost('h', 'any($1)')} order by h.inactive_at is not null, h.name, h.id limit $3`,
      [ids, view.scopes, limit],
    ),
    // Worst image first and no further order: sorting the containers of a large estate would take longer than anybody waits.
    // What an image has is fetched before it is looked at: a table without statistics would be walked as a whole.
    database.query<Places['containers'][number]>(
      `select c.runtime_id as id, c.name, c.host_id as host, c.state
       from unnest($1::uuid[]) with ordinality as i(id, n)
       join lateral (select * from (select * from container c where c.image_id = i.id and ${counts('c')} offset 0) c
                     where c.scope_id = any($2) limit ${CONTAINERS_OF_IMAGE_MAX}) c on true
       limit $3`,
      [ids, view.scopes, limit],
    ),
  ]);
  const throughOf = new Map(through.rows.map((row) => [row.id, row.through]));
  const [first] = listed;
  return {
    images: listed.map(({ id, name, digest, risk, readBy, running }) => ({
      id,
      name,
      digest,
      risk,
      readBy,
      through: throughOf.get(id) ?? [],
      running,
    })),
    repositories: repositories.rows,
    hosts: hosts.rows,
    containers: containers.rows.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))),
    totals: { images: first?.total ?? 0, running: first?.totalRunning ?? 0 },
  };
}

export interface NamedSubject {
  readonly id: number;
  readonly type: string;
  readonly version: string;
  readonly sourceVersion: string | null;
  /** Its source package has the name that was asked for, not itself. */
  readonly bySource: boolean;
}

const SUBJECTS_MAX = 20_000;

/** Distinct packages of this name, or built of a source of this name. */
export async function findSubjectsByName(
  database: Queryable,
  name: string,
  type: string | null,
): Promise<readonly NamedSubject[]> {
  const { rows } = await database.query<NamedSubject>(
    `select s.id, s.body ->> 'type' as type, s.body ->> 'version' as version, s.body #>> '{source,version}' as "sourceVersion",
            s.body ->> 'name' <> $1 as "bySource"
     from subject s where ((s.body ->> 'name') collate "C" = $1 or (s.body #>> '{source,name}') collate "C" = $1)
       and ($2::text is null or s.body ->> 'type' = $2)
     order by s.id limit ${SUBJECTS_MAX}`,
    [name, type],
  );
  return rows;
}

export const bySubjects = (ids: readonly number[]): Sought => ({
  images: 'select o.image_id from occurrence o where o.subject_id = any($2::bigint[])',
  through: (among) =>
    `select o.image_id, o.purl as through from package_occurrence o where o.subject_id = any($2::bigint[]) and o.image_id = any(${among})`,
  values: [ids],
});

/** By diffID, or by the digest of the stored blob. */
export const byLayer = (digest: string): Sought => ({
  images: `select il.image_id from layer l join image_layer il on il.layer_id = l.id where l.diff_id = $2
    union all select il.image_id from image_layer il where il.digest = $2`,
  through: (among) => `select il.image_id, l.diff_id as through from layer l join image_layer il on il.layer_id = l.id
      where l.diff_id = $2 and il.image_id = any(${among})
    union all select il.image_id, il.digest from image_layer il where il.digest = $2 and il.image_id = any(${among})`,
  values: [digest],
});

/** By the path of a file that an analyzer read, or by a hash that it took of one. */
export const byFile = (text: string): Sought => {
  const held = 'from layer_file f join image_layer il on il.layer_id = f.layer_id where (f.path = $2 or f.hash = $2)';
  return {
    images: `select il.image_id ${held}`,
    through: (among) => `select il.image_id, f.path as through ${held} and il.image_id = any(${among})`,
    values: [text],
  };
};

export const byGroup = (groupId: number): Sought => {
  const open = `v.group_id = $2 and v.valid_to is null and v.kind <> 'not-affected'`;
  return {
    images: `select o.image_id from verdict v join occurrence o on o.subject_id = v.subject_id and o.judged where ${open}`,
    through: (among) => `select o.image_id, o.purl as through
      from verdict v join package_occurrence o on o.subject_id = v.subject_id and o.judged where ${open} and o.image_id = any(${among})`,
    values: [groupId],
  };
};
