import type { AgentReport, AgentReportAnswer } from '@hullcheck/contract';
import { digestOf, listedContainer, listedImage } from '@hullcheck/testkit';
import type { Database } from '../store/database.ts';
import { defaultScope } from '../store/scope.ts';
import { takeReport } from './agent-report.ts';

/** Containers by name: of which image, and whether it runs. */
export type Runs = { readonly [container: string]: readonly [image: string, state: 'running' | 'exited'] };

export interface ReportedHost {
  readonly agentId: string;
  readonly hostId: () => Promise<string>;
  /** All that it has: these images, and containers of them. Numbered by itself unless `more` says. */
  report(images: readonly string[], runs?: Runs, more?: Partial<AgentReport>): Promise<AgentReportAnswer>;
}

/** A host with an agent of its own, as if it had been enrolled. */
export async function makeReportedHost(
  database: Database,
  name: string,
  mode: AgentReport['agent']['mode'] = 'inventory+read',
): Promise<ReportedHost> {
  const { rows } = await database.query<{ id: string }>(
    `with a as (insert into agent (scope_id, name, version, mode) values ($1, $2, '1', $3) returning id),
     k as (insert into agent_key (secret_sha256, agent_id) select sha256(a.id::text::bytea), a.id from a),
     e as (insert into enrollment (secret_sha256, scope_id, created_by, expires_at, used_at, agent_id) select sha256(a.id::text::bytea), $1, 'me', now(), now(), a.id from a),
     t as (insert into trust_domain (id, kind) select id, 'agent' from a) select id from a`,
    [defaultScope, name, mode],
  );
  const agentId = rows[0]?.id ?? '';
  let sequence = 0;
  return {
    agentId,
    hostId: async () =>
      (await database.query<{ id: string }>('select id from host where agent_id = $1', [agentId])).rows[0]?.id ?? '',
    report(images, runs = {}, more = {}) {
      sequence += 1;
      return takeReport(
        database,
        { id: agentId, scopeId: defaultScope },
        {
          agent: { version: '1', mode },
          host: { machineId: name, name, os: null, kernel: null, architecture: null },
          runtimes: [],
          full: true,
          sequence,
          baseSequence: null,
          sentAt: new Date().toISOString(),
          images: images.map((image) => listedImage(digestOf(image), `${image}:1`)),
          containers: Object.entries(runs).map(([id, [image, state]]) =>
            listedContainer(id, { imageKey: `docker/${digestOf(image)}`, imageReference: `${image}:1`, state }),
          ),
          gone: { images: [], containers: [] },
          ...more,
        },
      );
    },
  };
}

/** As if so many hours had passed since all that is known of these hosts became known, or of all hosts. */
export const passHours = (database: Database, hours: number, name = '%') =>
  database.query(
    `with h as (
       update host set seen_at = seen_at - make_interval(hours => $1), inactive_at = inactive_at - make_interval(hours => $1)
       where name like $2 returning id
     ), c as (
       update container set since = since - make_interval(hours => $1), gone_at = gone_at - make_interval(hours => $1)
       where host_id in (select id from h) returning id
     )
     update container_state set valid_from = valid_from - make_interval(hours => $1), valid_to = valid_to - make_interval(hours => $1)
     where container_id in (select id from c)`,
    [hours, name],
  );

/** As if agents could have reported all the time. */
export const listenAllDay = (database: Database) =>
  database.query(
    `insert into listening (since, until) values (now() - interval '1 day', now()) on conflict (only_one) do update
     set since = excluded.since, until = excluded.until`,
  );

/** Of each image by name, on how many hosts it is and how many containers run it: as lists say, and counted anew. */
export async function countsOf(database: Database) {
  const { rows } = await database.query<{ image: string; said: string; counted: string }>(
    `select split_part(s.repository, '/', 2) as image, s.hosts || ' hosts, ' || s.running || ' run' as said,
            (select count(distinct h.id) from host_image hi join host h on h.id = hi.host_id
             left join (select host_id, image_id, count(*) as n from container where gone_at is null and counts_on is null group by 1, 2) c on c.host_id = h.id and c.image_id = s.image_id
             where hi.image_id = s.image_id and h.inactive_at is null and (c.n > 0 or not h.is_cluster))
              || ' hosts, ' || (select count(*) from container c where c.image_id = s.image_id and c.gone_at is null and c.counts_on is null and c.state = 'running') || ' run' as counted
     from image_summary s order by 1`,
  );
  return rows;
}
