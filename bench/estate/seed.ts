import { createHash } from 'node:crypto';
import type pg from 'pg';
import { chance, configDigest, manifestDigest, nameOf, type World } from './world.ts';

const HOSTS_AT_ONCE = 250;

/**
 * Writes what the first reports of all agents would have left, by statements over many hosts at once: pages and changes of the
 * database are measured beside ten million containers without waiting for ten thousand reports. `keys` are the agents' own, in
 * order; those before `from` have reported nothing.
 */
export async function seedHosts(sql: pg.Client, world: World, keys: readonly string[], from: number): Promise<void> {
  const { rows: indexes } = await sql.query<{ name: string; text: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text from pg_index
     where indrelid = 'container'::regclass and not indisunique`,
  );
  await sql.query(
    `set session_replication_role = replica; set synchronous_commit = off; set maintenance_work_mem = '512MB'`,
  );
  for (const { name } of indexes) await sql.query(`drop index ${name}`);
  await sql.query(
    'create temp table held (agent int, at int, image_id uuid, key text, registry text, repository text, tag text, digest text)',
  );
  for (let first = from; first < keys.length; first += HOSTS_AT_ONCE) {
    const agents = Array.from({ length: Math.min(HOSTS_AT_ONCE, keys.length - first) }, (_, at) => first + at);
    const held = agents.flatMap((agent) => {
      const images = Array.from({ length: world.imagesPerAgent }, (_, at) =>
        chance(`held ${agent} ${at}`, world.images),
      );
      return [...new Set(images)].map((image, at) => ({ agent, at, image, ...nameOf(image) }));
    });
    await sql.query('begin');
    await sql.query('truncate held');
    await sql.query(
      `insert into held select x.agent, x.at, d.image_id, 'docker/' || x.config, 'registry.example', x.repository, x.tag, x.manifest
       from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as x(agent, at, config, manifest, repository, tag)
       join image_digest d on d.kind = 'config' and d.digest = x.config`,
      [
        held.map(({ agent }) => agent),
        held.map(({ at }) => at),
        held.map(({ image }) => configDigest(image)),
        held.map(({ image }) => manifestDigest(image)),
        held.map(({ repository }) => repository),
        held.map(({ tag }) => tag),
      ],
    );
    await sql.query(
      `create temp table seeded on commit drop as
       select gen_random_uuid() as id, k.agent_id, x.agent, a.scope_id from unnest($1::int[], $2::bytea[]) as x(agent, hash)
       join agent_key k on k.secret_sha256 = x.hash join agent a on a.id = k.agent_id`,
      [
        agents,
        agents.map((agent) =>
          createHash('sha256')
            .update(keys[agent] ?? '')
            .digest(),
        ),
      ],
    );
    await sql.query(
      `insert into host (id, scope_id, agent_id, machine_id, name, os, kernel, architecture, runtimes, report_sequence, images, running, containers)
       select id, scope_id, agent_id, encode(sha256(convert_to('machine ' || agent, 'UTF8')), 'hex'), 'host-' || lpad(agent::text, 5, '0') || '.example',
              'Debian GNU/Linux 12 (bookworm)', '6.1.0', 'x86_64', '[]', 1, (select count(*) from held h where h.agent = s.agent), $1::int - $1::int / 10, $1
       from seeded s`,
      [world.containersPerAgent],
    );
    await sql.query(
      `insert into host_image (host_id, image_key, image_id) select s.id, h.key, h.image_id from held h join seeded s using (agent)`,
    );
    await sql.query(`insert into host_risk (host_id, risk)
      select s.id, (select max(t.risk) from held h join image_standing t on t.image_id = h.image_id where h.agent = s.agent) from seeded s`);
    await sql.query(`insert into image_sighting (image_id, scope_id, kind, source_id, name)
      select h.image_id, s.scope_id, 'host', s.id, 'host-' || lpad(agent::text, 5, '0') || '.example' from held h join seeded s using (agent)`);
    await sql.query(`insert into image_name (image_id, scope_id, source_id, registry, repository, tag)
      select h.image_id, s.scope_id, s.id, h.registry, h.repository, h.tag from held h join seeded s using (agent)`);
    await sql.query(`insert into digest_seen (image_id, digest, kind, registry, repository)
      select distinct h.image_id, h.digest, 'manifest', h.registry, h.repository from held h on conflict do nothing`);
    await sql.query(
      `insert into container (scope_id, host_id, runtime, runtime_id, name, image_key, image_id, image_reference, state, created_at, started_at)
       select s.scope_id, s.id, 'docker', c.runtime_id, 'app-' || c.at, h.key, h.image_id, h.registry || '/' || h.repository || ':' || h.tag,
              case c.at % 10 when 9 then 'exited' else 'running' end, '2026-02-01', '2026-02-01'
       from seeded s
       join lateral (select at, encode(sha256(convert_to('container ' || s.agent || ' ' || at, 'UTF8')), 'hex') as runtime_id
                     from generate_series(0, $1::int - 1) at) c on true
       join (select h.*, count(*) over (partition by agent) as of from held h) h on h.agent = s.agent and h.at = c.at % h.of
       order by s.id, c.runtime_id`,
      [world.containersPerAgent],
    );
    await sql.query('commit');
  }
  for (const { text } of indexes) await sql.query(text);
  await sql.query(`insert into image_summary (scope_id, image_id, rank, risk, state, registry, repository, tags, names, digest, os_id, hosts, running, size, built_at)
    select g.scope_id, i.id, coalesce(r.risk * 2, 1), r.risk, r.state, n.registry, n.repository, array[n.tag], array[n.registry || '/' || n.repository || ':' || n.tag],
           d.digest, 'debian', g.hosts, coalesce(c.running, 0), i.size, i.built_at
    from (select scope_id, image_id, count(*) as hosts from image_sighting group by 1, 2) g join image i on i.id = g.image_id
    join image_standing r on r.image_id = i.id
    join image_digest d on d.image_id = i.id and d.kind = 'config'
    join lateral (select * from image_name n where n.image_id = i.id limit 1) n on true
    left join (select image_id, count(*) as running from container where state = 'running' group by 1) c on c.image_id = i.id
    on conflict do nothing`);
  await sql.query('reset session_replication_role; reset synchronous_commit');
  await sql.query('vacuum analyze');
}
