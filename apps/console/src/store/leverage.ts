import { isDeepStrictEqual } from 'node:util';
import type { LeverageItem } from '@hullcheck/contract';
import type { Queryable, Transaction } from './database.ts';
import { plainJson } from './plain-text.ts';
import type { ScopeView } from './scope.ts';

/** What one action would clear, in the images of one scope. */
export interface Leverage {
  readonly images: number;
  readonly running: number;
  /** Flaws times images that have them. */
  readonly findings: number;
  /** Their risk: once for each image, and once for each running container of it. */
  readonly risk: number;
  readonly riskRunning: number;
  readonly worst: number;
}

/** A package (its source, where a distribution builds several of one) in one distribution or language. */
export interface UpdateKey {
  readonly type: string;
  readonly name: string;
  readonly distribution: string | null;
  readonly release: string | null;
}

const counts = `count(*)::int as images, sum(m.running)::int as running, sum(f.findings)::int as findings,
  sum(f.risk)::bigint as risk, sum(f.risk * m.running)::bigint as "riskRunning", max(f.worst) as worst`;
const worstFirst = `order by "riskRunning" desc, risk desc`;
/** Of what a package was built, where a distribution builds several of one; `s` is its subject. */
export const updateName = `coalesce(s.body #>> '{source,name}', s.body ->> 'name')`;

/** The versions that end what is known of these packages, as advisories name them. */
export async function listFixedVersions(
  database: Queryable,
  keys: readonly UpdateKey[],
): Promise<readonly (UpdateKey & { readonly fixedIn: string })[]> {
  const { rows } = await database.query<UpdateKey & { fixedIn: string }>(
    `select distinct k.type, k.name, k.distribution, k.release, v.body -> 'fixedIn' ->> -1 as "fixedIn"
     from jsonb_to_recordset($1::jsonb) as k(type text, name text, distribution text, release text)
     join subject s on ${updateName} = k.name and s.body ->> 'type' = k.type
       and s.body #>> '{distribution,id}' is not distinct from k.distribution and s.body #>> '{distribution,release}' is not distinct from k.release
     join verdict v on v.subject_id = s.id and v.valid_to is null and v.fixable`,
    [plainJson(keys)],
  );
  return rows;
}

/** What the images built on a base lose when these flaws go from its layers; where own layers have one as well it stays. */
export async function countBaseChange(
  database: Queryable,
  scopeId: string,
  baseId: number,
  layers: readonly string[],
  groups: readonly number[],
): Promise<Leverage | undefined> {
  const { rows } = await database.query<Leverage>(
    `with built as (
       select m.image_id, m.running from base b join image_prefix p on p.chain = b.chain and not p.whole
       join image_summary m on m.image_id = p.image_id and m.scope_id = $1 where b.id = $2
     ), flaw as (
       select m.image_id, v.group_id, max(v.risk) as risk
       from built m join package_occurrence o on o.image_id = m.image_id and o.judged
       join verdict v on v.subject_id = o.subject_id and v.valid_to is null and v.kind <> 'not-affected' and v.group_id = any($4::bigint[])
       group by 1, 2 having bool_and(coalesce(o.layer = any($3), false))
     ), f as (select image_id, count(*) as findings, sum(risk) as risk, max(risk) as worst from flaw group by 1)
     select ${counts} from f join built m on m.image_id = f.image_id having count(*) > 0`,
    [scopeId, baseId, layers, groups],
  );
  return rows[0];
}

/** Images that a rebuild with newer packages of their distribution helps most, of those that most containers run. */
export async function countRebuilds(
  database: Queryable,
  scopeId: string,
  systemTypes: readonly string[],
  limit: number,
): Promise<readonly ({ readonly imageId: string; readonly name: string } & Leverage)[]> {
  const { rows } = await database.query<{ imageId: string; name: string } & Leverage>(
    `with m as (
       select s.image_id, s.running, coalesce(s.registry || '/' || s.repository || coalesce(':' || s.tags[1], ''), s.digest, 'an image') as name
       from image_summary s join image_standing r on r.image_id = s.image_id
       where s.scope_id = $1 and s.running > 0 and r.fixable > 0
       order by s.running * r.fixable::bigint desc, s.image_id limit $3
     ), flaw as (
       select m.image_id, v.group_id, max(v.risk) as risk
       from m join package_occurrence o on o.image_id = m.image_id and o.judged and o.body ->> 'type' = any($2)
       join verdict v on v.subject_id = o.subject_id and v.valid_to is null and v.fixable group by 1, 2
     ), f as (select image_id, count(*) as findings, sum(risk) as risk, max(risk) as worst from flaw group by 1)
     select m.image_id as "imageId", m.name, ${counts} from f join m on m.image_id = f.image_id group by 1, 2 ${worstFirst}`,
    [scopeId, systemTypes, limit],
  );
  return rows;
}

/** Flaws that a fix exists for, of one image. */
export async function listFixable(database: Queryable, imageId: string): Promise<readonly number[]> {
  const { rows } = await database.query<{ id: number }>(
    `select distinct v.group_id as id from package_occurrence o join verdict v on v.subject_id = o.subject_id and v.valid_to is null and v.fixable
     where o.image_id = $1 and o.judged`,
    [imageId],
  );
  return rows.map((row) => row.id);
}

export async function listScopeIds(database: Queryable): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>('select id from scope order by id');
  return rows.map((row) => row.id);
}

/**
 * Whether it is time to count again: counting must cost no more than one part in `share` of the time. False too while
 * another process counts; the lock lasts as long as the transaction.
 */
export async function claimLeverage(
  transaction: Transaction,
  scopeId: string,
  everySeconds: number,
  share: number,
): Promise<boolean> {
  const { rows } = await transaction.query<{ due: boolean }>(
    `select pg_try_advisory_xact_lock(8480009, hashtext($1)) and not exists (
       select 1 from leverage_state where scope_id = $1::uuid
         and computed_at > now() - greatest(make_interval(secs => $2), make_interval(secs => took_ms * $3 / 1000.0))) as due`,
    [scopeId, everySeconds, share],
  );
  return rows[0]?.due === true;
}

/** Keeps the ranked list; pages hear of it only where it changed. */
export async function writeLeverage(
  transaction: Transaction,
  scopeId: string,
  items: readonly LeverageItem[],
  tookMs: number,
): Promise<void> {
  const { rows } = await transaction.query<{ body: unknown }>(
    'select body from leverage where scope_id = $1 order by rank',
    [scopeId],
  );
  const next: unknown = JSON.parse(plainJson(items));
  if (
    !isDeepStrictEqual(
      rows.map(({ body }) => body),
      next,
    )
  ) {
    await transaction.query('delete from leverage where scope_id = $1', [scopeId]);
    await transaction.query(
      `insert into leverage (scope_id, rank, body) select $1, n, x from jsonb_array_elements($2::jsonb) with ordinality as e(x, n)`,
      [scopeId, plainJson(items)],
    );
  }
  await transaction.query(
    `insert into leverage_state (scope_id, took_ms) values ($1, $2)
     on conflict (scope_id) do update set took_ms = excluded.took_ms, computed_at = now()`,
    [scopeId, Math.round(tookMs)],
  );
}

export async function findLeverage(
  database: Queryable,
  view: ScopeView,
): Promise<{ readonly computedAt: Date | null; readonly items: readonly LeverageItem[] }> {
  const { rows } = await database.query<{ body: LeverageItem }>(
    `select body from leverage where scope_id = any($1)
     order by (body ->> 'riskRunning')::bigint desc, (body ->> 'risk')::bigint desc, scope_id, rank`,
    [view.scopes],
  );
  const { rows: state } = await database.query<{ at: Date | null }>(
    'select min(computed_at) as at from leverage_state where scope_id = any($1)',
    [view.scopes],
  );
  return { computedAt: state[0]?.at ?? null, items: rows.map(({ body }) => body) };
}
