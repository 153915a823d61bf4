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

/** What an image is made of; the images of the bases have their base alone. */
interface Made {
  readonly number: number;
  readonly config: string;
  readonly manifest: string;
  readonly base: number;
  readonly middle: number | null;
  readonly own: string | null;
}

const madeOf = (number: number): Made => ({
  number,
  config: configDigest(number),
  manifest: manifestDigest(number),
  base: baseOf(number),
  middle: middleOf(number),
  own: layerOf('own', number),
});

const baseImage = (base: number): Made => ({
  number: -1 - base,
  config: configDigest(-1 - base),
  manifest: manifestDigest(-1 - base),
  base,
  middle: null,
  own: null,
});

/**
 * Writes what reading every image would have left: packages, subjects, occurrences, layers and results, by statements over many
 * images at once, because reading 20,000 real ones is not what is measured. Judging and counting is left to the console: the next
 * database makes it do that for every subject. The image of each base is there too, as a connection that reads their repository
 * would have listed it: what is inherited and which rebuild helps stand on these.
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
  const all = [
    ...Array.from({ length: world.images }, (_, number) => madeOf(number)),
    ...Array.from({ length: BASES }, (_, base) => baseImage(base)),
  ];
  for (let first = 0; first < all.length; first += 1_000) {
    const images = all.slice(first, first + 1_000);
    await sql.query('begin');
    const { rows } = await sql.query<{ id: string }>(
      `insert into image (platform, size, built_at) select 'linux/amd64', 200000000, '2026-01-01' from generate_series(1, $1) returning id`,
      [images.length],
    );
    const layersOf = ({ base, middle, own }: Made) => [
      layerOf('base', base),
      ...(middle === null ? [] : [layerOf('middle', middle)]),
      ...(own === null ? [] : [own]),
    ];
    await sql.query(
      `create temp table fresh on commit drop as
       select id, number, config, manifest, base, middle, own, layers::text[] as layers
       from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
         as x(id, number, config, manifest, base, middle, own, layers)`,
      [
        rows.map(({ id }) => id),
        images.map(({ number }) => number),
        images.map(({ config }) => config),
        images.map(({ manifest }) => manifest),
        images.map(({ base }) => `base ${base}`),
        images.map(({ middle }) => (middle === null ? null : `middle ${middle}`)),
        images.map(({ own }) => own),
        images.map((image) => `{${layersOf(image).join(',')}}`),
      ],
    );
    await writeLayers(sql);
    await sql.query(`insert into image_digest (kind, digest, image_id)
      select 'config', config, id from fresh union all select 'manifest', manifest, id from fresh`);
    // Which libraries an own layer has: a hundred of the pool in steps of a prime, from a place of its own.
    await sql.query(
      `create temp table own on commit drop as
       select f.id, f.own as layer, a as at, p.subject_id, k.purl, k.name, k.version, jsonb_set(k.body, '{layer}', to_jsonb(f.own)) as body
       from fresh f cross join generate_series(0, $1 - 1) a
       join part p on p.part = 'pool' and p.at = (f.number * 7919 + a * 211) % $2 join package k on k.id = p.package_id
       where f.own is not null`,
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
       select id, case when own is null then 120 else 300 end, '[]', '[]', 'console', $3, '{"name": "", "id": null, "source": "agent", "digests": [], "tags": [], "platform": null, "created": null, "size": null, "layers": []}', 'complete', $1, $2, '{"id": "debian", "name": "Debian GNU/Linux", "version": "12", "endOfLife": null}', '12' from fresh`,
      [profile.rows[0]?.id, rules, readers],
    );
    await sql.query(`insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical,
        severe, moderate, total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
      select id, 'complete', 0, 'open-1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from fresh`);
    await sql.query('commit');
  }
  await listBases(sql);
  await sql.query('vacuum analyze');
}

/** Of the images in `fresh`: their layers, and the lists of layers that they begin with (migration 9). */
async function writeLayers(sql: pg.Client): Promise<void> {
  await sql.query(
    'insert into layer (diff_id) select distinct unnest(layers) from fresh order by 1 on conflict do nothing',
  );
  await sql.query(
    `insert into image_layer (image_id, position, layer_id, digest, size, created_by, empty, read_by)
     select f.id, u.n - 1, l.id, u.d, 60000000, 'COPY', false, 'console'
     from fresh f cross join unnest(f.layers) with ordinality u(d, n) join layer l on l.diff_id = u.d`,
  );
  await sql.query(
    `insert into image_prefix (image_id, depth, chain, whole)
     select f.id, u.n, layer_chain(u.d) over (partition by f.id order by u.n), u.n = cardinality(f.layers)
     from fresh f cross join unnest(f.layers) with ordinality u(d, n)`,
  );
}

/** Lists the images that are their own base under names, as a repository has them. */
async function listBases(sql: pg.Client): Promise<void> {
  await sql.query(
    `create temp table listed as
     select p.image_id, p.chain, s.id as scope_id, row_number() over (order by p.image_id) as n
     from image_prefix p cross join (select id from scope limit 1) s where p.whole and p.depth = 1`,
  );
  const source = `'00000000-0000-4000-8000-0000000000b0'`;
  const name = `'registry.example', 'base/system-' || n, '12.' || n`;
  await sql.query(`insert into image_sighting (image_id, scope_id, kind, source_id, name)
    select image_id, scope_id, 'connection', ${source}, 'bases' from listed`);
  await sql.query(`insert into image_name (image_id, scope_id, source_id, registry, repository, tag)
    select image_id, scope_id, ${source}, ${name} from listed`);
  await sql.query(
    'insert into base (scope_id, chain, depth, image_id) select scope_id, chain, 1, image_id from listed',
  );
  await sql.query(`insert into base_name (base_id, registry, repository, tag)
    select b.id, ${name} from listed l join base b on b.image_id = l.image_id`);
  await sql.query(`insert into image_summary (scope_id, image_id, rank, state, registry, repository, tags, names, digest, os_id, hosts, running, size, built_at)
    select l.scope_id, l.image_id, 1, 'none', 'registry.example', 'base/system-' || n, array['12.' || n],
           array['registry.example/base/system-' || n || ':12.' || n], d.digest, 'debian', 0, 0, i.size, i.built_at
    from listed l join image i on i.id = l.image_id join image_digest d on d.image_id = i.id and d.kind = 'config'`);
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
