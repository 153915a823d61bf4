import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { defaultScope } from './scope.ts';
import { keepTrend, readTrend } from './trends.ts';

const view = { scopes: [defaultScope] };

describe('trends', () => {
  let store: TestStore;
  let database: Database;
  beforeAll(async () => {
    store = await startTestStore();
    database = await store.open();
    await connect(defaultScope);
  });
  afterAll(async () => {
    await database?.end();
    await store?.stop();
  });

  const connect = (scope: string) =>
    database.query(
      `insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
       values ($1, 'docker-hub', 'hub', 'https://docker.io', 'docker.io', 'anonymous', '[]', false, 10)`,
      [scope],
    );

  /** An image of a repository, with what it said from which day on: critical findings and total risk. */
  const image = async (
    repository: string,
    course: readonly (readonly [string, number, number])[],
    scope = defaultScope,
  ) => {
    const id = randomUUID();
    await database.query('insert into image (id) values ($1)', [id]);
    await database.query(
      `with r as (
         insert into repository (scope_id, connection_id, registry, name) select $1, id, registry, $3 from connection where scope_id = $1
         on conflict (connection_id, name) do update set name = excluded.name returning id
       ), t as (
         insert into tag (repository_id, name, digest, image_id) select id, $2::text, 'sha256:x', $2::uuid from r
       ), m as (
         insert into tag_image (repository_id, name, image_id, since) select id, $2::text, $2::uuid, '2020-01-01' from r
       )
       insert into image_summary (scope_id, image_id, rank, state, registry, repository, tags, names, hosts, running, since)
       values ($1, $2::uuid, 0, 'complete', 'docker.io', $3, '{}', '{}', 0, 0, '2020-01-01')`,
      [scope, id, repository],
    );
    for (const [since, critical, riskTotal] of course) {
      await database.query(
        `insert into image_trend (image_id, since, risk, risk_total, critical, severe, moderate, total) values ($1, $2, $3, $4, $5, 0, 0, $5)`,
        [id, since, critical * 100, riskTotal, critical],
      );
    }
    return id;
  };

  it('adds up what each image said from the day it changed, and keeps nothing for the other days', async () => {
    const web = await image('shop/web', [
      ['2026-01-01', 2, 900],
      ['2026-01-05', 1, 400],
    ]);
    await image('shop/api', [['2026-01-03', 5, 2000]]);
    const other = randomUUID();
    await database.query('insert into scope (id, name) values ($1, $2)', [other, 'other']);
    await connect(other);
    await image('shop/web', [['2026-01-02', 100, 99_999]], other);

    const point = (date: string, images: number, critical: number, riskTotal: number, risk: number | null = null) => ({
      date,
      images,
      risk,
      riskTotal,
      critical,
      severe: 0,
      moderate: 0,
      total: critical,
    });
    expect(await readTrend(database, view, {}, 0)).toEqual([
      point('2026-01-01', 1, 2, 900),
      point('2026-01-03', 2, 7, 2900),
      point('2026-01-05', 2, 6, 2400),
    ]);
    expect(await readTrend(database, view, { image: web }, 0)).toEqual([
      point('2026-01-01', 1, 2, 900, 200),
      point('2026-01-05', 1, 1, 400, 100),
    ]);
    expect(await readTrend(database, view, { registry: 'docker.io', repository: 'shop/api' }, 0)).toEqual([
      point('2026-01-03', 1, 5, 2000),
    ]);
    expect(await readTrend(database, view, { host: randomUUID() }, 0)).toEqual([]);
  });

  it('keeps no row for a day on which probabilities drifted, and ends where the image is', async () => {
    const id = await image('shop/drifting', []);
    /** A day later it is like this: its own score, the sum of its findings' risks, how many. */
    const nextDay = async (score: number, riskTotal: number, total: number) => {
      await database.query('update image_trend set since = since - 1000 where image_id = $1', [id]);
      await database.query('update image_trend set since = since + 999 where image_id = $1', [id]);
      await database.query(
        `insert into image_standing as s (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe, moderate,
           total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
         values ($1, 'complete', $2, 'm', $4, $3, 0, $2, 0, 0, 0, $4, $4, 0, 0, 0, 0, $4, 0, 0, 0)
         on conflict (image_id) do update set score = excluded.score, risk_total = excluded.risk_total, moderate = excluded.moderate, total = excluded.total`,
        [id, score, riskTotal, total],
      );
      await database.write((transaction) => keepTrend(transaction, [id]));
    };
    const rows = async () => (await database.query('select 1 from image_trend where image_id = $1', [id])).rowCount;
    const ends = async () => {
      const course = await readTrend(database, view, { image: id }, 0);
      const { riskTotal, risk, total } = course.at(-1) ?? {};
      return { points: course.length, risk, riskTotal, total };
    };
    await nextDay(400, 10_000, 30);
    for (let day = 1; day <= 30; day += 1) await nextDay(400 + (day % 5), 10_000 + 16 * day, 30);
    expect(await rows()).toBe(1);
    // That of today is told beside those that are kept.
    expect(await ends()).toEqual({ points: 2, risk: 400, riskTotal: 10_480, total: 30 });
    await nextDay(404, 10_600, 30);
    expect(await rows()).toBe(2);
    // Of a day that has a row, the row says what it ended with.
    await database.query('update image_standing set risk_total = 10601 where image_id = $1', [id]);
    await database.write((transaction) => keepTrend(transaction, [id]));
    expect(await rows()).toBe(2);
    expect(await ends()).toEqual({ points: 2, risk: 404, riskTotal: 10_601, total: 30 });
    await nextDay(404, 10_601, 31);
    expect(await rows()).toBe(3);
    await nextDay(404, 10_601, 31);
    expect(await rows()).toBe(3);
    expect(await ends()).toEqual({ points: 3, risk: 404, riskTotal: 10_601, total: 31 });
    expect(await readTrend(database, view, { registry: 'docker.io', repository: 'shop/drifting' }, 0)).toHaveLength(3);
    await nextDay(430, 10_601, 31);
    expect(await rows()).toBe(4);
  });
});
