import { createHash } from 'node:crypto';
import { ecosystemsOf, lookupsOf, type Package, subjectKey, subjectOf } from '@hullcheck/core';
import { readersVersion } from '@hullcheck/scanner';
import type pg from 'pg';
import {
  BASES,
  baseOf,
  basePackages,
  configDigest,
  layerOf,
  libraries,
  MIDDLES,
  manifestDigest,
  middleOf,
  middlePackages,
  OWN_PACKAGES,
  type World,
} from './world.ts';

/**
 * Writes what reading every image would have left: packages, subjects, occurrences and results, by statements over many images
 * at once, because reading 20,000 real ones is not what is measured. Judging and counting is left to the console: the next
 * database makes it do that for every subject.
 */
export async function loadImages(sql: pg.Client, world: World): Promise<void> {
  const rules = (await sql.query<{ rules: string }>('select rules from active_database')).rows[0]?.rules ?? null;
  // As if this version's readers had read them: else they would be asked to be read again.
  const pairs = Object.entries(readersVersion()).sort(([a], [b]) => (a < b ? -1 : 1));
  const readers = createHash('sha256').update(JSON.stringify(pairs)).digest('hex');
  const parts = new Map<string, readonly Package[]>();
  for (let base = 0; base < BASES; base += 1) parts.set(`base ${base}`, basePackages(base));
  for (let middle = 0; middle < MIDDLES; middle += 1) parts.set(`middle ${middle}`, middlePackages(middle));
  const pool = libraries();
  parts.set('pool', pool);
  await sql.query('create temp table part (part text, at int, subject_id bigint, package_id bigint)');
  for (const [part, packages] of parts) await writePart(sql, part, packages);
  await sql.query('create index on part (part); analyze part');
  const profile = await sql.query<{ id: number }>(
    `insert into coverage_profile (ecosystems, sha256, state) values ($1, $2, 'complete')
     on conflict (sha256) do update set state = 'complete' returning id`,
    [
      JSON.stringify(ecosystemsOf(pool)),
      createHash('sha256')
        .update(JSON.stringify(ecosystemsOf(pool)))
        .digest(),
    ],
  );
  for (let first = 0; first < world.images; first += 1_000) {
    const images = Array.from({ length: Math.min(1_000, world.images - first) }, (_, at) => first + at);
    await sql.query('begin');
    const { rows } = await sql.query<{ id: string }>(
      `insert into image (platform, size, built_at) select 'linux/amd64', 200000000, '2026-01-01' from generate_series(1, $1) returning id`,
      [images.length],
    );
    const ids = rows.map(({ id }) => id);
    await sql.query(
      `create temp table fresh on commit drop as
       select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as x(id, number, config, manifest, base, middle, own)`,
      [
        ids,
        images,
        images.map(configDigest),
        images.map(manifestDigest),
        images.map((image) => `base ${baseOf(image)}`),
        images.map((image) => `middle ${middleOf(image)}`),
        images.map((image) => layerOf('own', image)),
      ],
    );
    await sql.query(`insert into image_digest (kind, digest, image_id)
      select 'config', config, id from fresh union all select 'manifest', manifest, id from fresh`);
    // Which libraries an own layer has: a hundred of the pool in steps of a prime, from a place of its own.
    await sql.query(
      `create temp table own on commit drop as
       select f.id, f.own as layer, a as at, p.subject_id, k.purl, k.name, k.version, jsonb_set(k.body, '{layer}', to_jsonb(f.own)) as body
       from fresh f cross join generate_series(0, $1 - 1) a
       join part p on p.part = 'pool' and p.at = (f.number * 7919 + a * 211) % $2 join package k on k.id = p.package_id`,
      [OWN_PACKAGES, pool.length],
    );
    await sql.query(`insert into package (sha256, purl, name, version, layer, body)
      select sha256(convert_to(body::text, 'UTF8')), purl, name, version, layer, body from own on conflict do nothing`);
    await sql.query(`insert into occurrence (image_id, position, subject_id, package_id, judged)
      select f.id, p.at, p.subject_id, p.package_id, true from fresh f join part p on p.part = f.base
      union all select f.id, 120 + p.at, p.subject_id, p.package_id, true from fresh f join part p on p.part = f.middle
      union all select o.id, 200 + o.at, o.subject_id, k.id, true from own o join package k on k.sha256 = sha256(convert_to(o.body::text, 'UTF8'))
      order by 1, 2`);
    await sql.query(
      `insert into image_result (image_id, packages, inventory_problems, problems, read_by, readers_sha256, facts, own_state, profile_id, rules, os, os_release)
       select id, 300, '[]', '[]', 'console', $3, '{"layers": []}', 'complete', $1, $2, '{"id": "debian", "name": "Debian GNU/Linux", "version": "12", "endOfLife": null}', '12' from fresh`,
      [profile.rows[0]?.id, rules, readers],
    );
    await sql.query(`insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical,
        severe, moderate, total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
      select id, 'complete', 0, 'open-1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from fresh`);
    await sql.query('commit');
  }
  await sql.query('vacuum analyze');
}

async function writePart(sql: pg.Client, part: string, packages: readonly Package[]): Promise<void> {
  for (let first = 0; first < packages.length; first += 2_000) {
    const rows = packages.slice(first, first + 2_000).map((pkg, at) => {
      const subject = subjectOf(pkg);
      const key = createHash('sha256').update(subjectKey(subject)).digest('hex');
      return { at: first + at, key, subject, lookups: lookupsOf(subject), body: pkg };
    });
    const given = `jsonb_to_recordset($1::jsonb) as x(at int, key text, subject jsonb, lookups jsonb, body jsonb)`;
    const json = JSON.stringify(rows);
    await sql.query(
      `insert into subject (key_sha256, body) select distinct on (key) decode(key, 'hex'), subject from ${given} on conflict do nothing`,
      [json],
    );
    await sql.query(
      `insert into subject_lookup (ecosystem, name, subject_id) select distinct l.ecosystem, l.name, s.id from ${given}
       join subject s on s.key_sha256 = decode(x.key, 'hex') cross join jsonb_to_recordset(x.lookups) as l(ecosystem text, name text)
       on conflict do nothing`,
      [json],
    );
    await sql.query(
      `insert into package (sha256, purl, name, version, layer, body)
       select distinct on (1) sha256(convert_to(body::text, 'UTF8')), body ->> 'purl', body ->> 'name', body ->> 'version', body ->> 'layer', body
       from ${given} on conflict do nothing`,
      [json],
    );
    await sql.query(
      `insert into part select $2, x.at, s.id, p.id from ${given} join subject s on s.key_sha256 = decode(x.key, 'hex')
       join package p on p.sha256 = sha256(convert_to(x.body::text, 'UTF8'))`,
      [json, part],
    );
  }
}
