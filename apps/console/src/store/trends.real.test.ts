import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { defaultScope } from './scope.ts';
import { readTrend } from './trends.ts';

const view = { scopes: [defaultScope] };

describe('trends', () => {
  let store: TestStore;
  let database: Database;
  beforeAll(async () => {
    store = await startTestStore();
    database = await store.open();
  });
  afterAll(async () => {
    await database?.end();
    await store?.stop();
  });

  /** An image of a repository, with what it said from which day on: critical findings and total risk. */
  const image = async (
    repository: string,
    course: readonly (readonly [string, number, number])[],
    scope = defaultScope,
  ) => {
    const id = randomUUID();
    await database.query('insert into image (id) values ($1)', [id]);
    await database.query(
      `insert into image_summary (scope_id, image_id, rank, state, registry, repository, tags, names, hosts, running)
       values ($1, $2, 0, 'complete', 'docker.io', $3, '{}', '{}', 0, 0)`,
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
    expect(await readTrend(database, view, {})).toEqual([
      point('2026-01-01', 1, 2, 900),
      point('2026-01-03', 2, 7, 2900),
      point('2026-01-05', 2, 6, 2400),
    ]);
    expect(await readTrend(database, view, { image: web })).toEqual([
      point('2026-01-01', 1, 2, 900, 200),
      point('2026-01-05', 1, 1, 400, 100),
    ]);
    expect(await readTrend(database, view, { registry: 'docker.io', repository: 'shop/api' })).toEqual([
      point('2026-01-03', 1, 5, 2000),
    ]);
    expect(await readTrend(database, view, { host: randomUUID() })).toEqual([]);
  });
});
