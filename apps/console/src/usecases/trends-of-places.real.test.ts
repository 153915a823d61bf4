import { randomUUID } from 'node:crypto';
import { digestOf, letTimePass } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { forgetReadings } from '../store/agent-revocation.ts';
import { databaseForEach } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { mergeImages } from '../store/image-merge.ts';
import type { PlaceOf } from '../store/image-stays.ts';
import { settleRepositories, writeRepository } from '../store/repositories.ts';
import { letGo } from '../store/retention.testing.ts';
import { defaultScope } from '../store/scope.ts';
import { recordSighting } from '../store/sightings.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { keepTrend, readTrend } from '../store/trends.ts';
import { makeReportedHost } from './reported-hosts.testing.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const view = { scopes: [defaultScope] };
const passDays = (days: number) => letTimePass(async (text) => (await database.query<object>(text)).rows, 24 * days);

async function idOf(image: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>('select image_id as id from image_digest where digest = $1', [
    digestOf(image),
  ]);
  return rows[0]?.id ?? '';
}

/** What the image says from today on: so many critical findings. */
async function judge(id: string, critical: number): Promise<void> {
  await database.query(
    `insert into image_standing (image_id, state, score, risk_model, vulnerabilities, risk_total, squares, worst, undetermined, critical, severe, moderate,
       total, fixable, exploitable, severity_critical, severity_high, severity_medium, severity_low, severity_negligible, severity_unknown)
     values ($1, 'complete', 500, 'm', $2, $2 * 100, 0, 500, 0, $2, 0, 0, $2, 0, 0, 0, 0, 0, 0, 0, 0)
     on conflict (image_id) do update set risk_total = excluded.risk_total, critical = excluded.critical, total = excluded.total`,
    [id, critical],
  );
  await database.write((transaction) => keepTrend(transaction, [id]));
}

/** Each day of change: how many days ago, images, critical findings. */
async function course(of: PlaceOf, keptDays = 90, seen = view): Promise<readonly string[]> {
  const points = await readTrend(database, seen, of, keptDays);
  const today = new Date().toISOString().slice(0, 10);
  return points.map(({ date, images, critical, riskTotal }) => {
    expect(riskTotal).toBe(critical * 100);
    return `${(Date.parse(today) - Date.parse(date)) / 86_400_000} days ago: ${images} with ${critical}`;
  });
}

const stays = async () => (await database.query('select 1 from image_stay')).rowCount;

it('falls when a host runs a mended image instead of a bad one, and says nothing of before its first report', async () => {
  const [web, other] = [await makeReportedHost(database, 'web'), await makeReportedHost(database, 'other')];
  expect([await course({}), await course({ host: randomUUID() })]).toEqual([[], []]);
  await other.report(['old']);
  await judge(await idOf('old'), 4);
  await passDays(10);
  // On a host since today, though it is known for longer.
  await web.report(['bad', 'old']);
  await judge(await idOf('bad'), 9);
  await passDays(5);
  await web.report(['mended', 'old']);
  await judge(await idOf('mended'), 1);
  await passDays(3);
  const [host, second] = [await web.hostId(), await other.hostId()];
  expect(await course({ host })).toEqual(['8 days ago: 2 with 13', '3 days ago: 2 with 5']);
  expect(await course({ host: second })).toEqual(['18 days ago: 1 with 4']);
  expect(await course({})).toEqual(['18 days ago: 1 with 4', '8 days ago: 2 with 13', '3 days ago: 2 with 5']);
  // What an image itself says has nothing to do with where it was; one that is nowhere is not told of.
  expect(await course({ image: await idOf('mended') })).toEqual(['3 days ago: 1 with 1']);
  // Somebody else's console sees none of it.
  const foreign = { scopes: [randomUUID()] };
  expect([await course({ host }, 90, foreign), await course({}, 90, foreign)]).toEqual([[], []]);
  // Of the host, and of all. Days and reports without a change add nothing.
  expect(await stays()).toBe(2);
  for (let day = 0; day < 3; day += 1) {
    await passDays(1);
    await web.report(['mended', 'old']);
    await other.report(['old']);
  }
  expect(await stays()).toBe(2);
  expect(await course({ host })).toEqual(['11 days ago: 2 with 13', '6 days ago: 2 with 5']);
});

it('tells of an image that went and came back, and keeps nothing of what comes and goes within a day', async () => {
  const web = await makeReportedHost(database, 'web');
  await web.report(['job']);
  await judge(await idOf('job'), 7);
  await passDays(3);
  await web.report([]);
  await passDays(3);
  await web.report(['job']);
  await passDays(3);
  const told = ['9 days ago: 1 with 7', '6 days ago: 0 with 0', '3 days ago: 1 with 7'];
  const host = await web.hostId();
  expect([await course({ host }), await course({})]).toEqual([told, told]);
  for (let time = 0; time < 4; time += 1) {
    await web.report([]);
    await web.report(['job']);
  }
  // The first time today the image went that was there since days, from the host and from all.
  expect(await stays()).toBe(4);
  expect([await course({ host }), await course({})]).toEqual([told, told]);
  await web.report([]);
  expect(await course({ host })).toEqual([...told, '0 days ago: 0 with 0']);
});

it('begins when it is known what left, so that it is the same whether that is removed yet or not', async () => {
  const web = await makeReportedHost(database, 'web');
  await web.report(['first', 'steady']);
  for (const [image, critical] of [
    ['first', 9],
    ['steady', 2],
  ] as const)
    await judge(await idOf(image), critical);
  await passDays(40);
  await web.report(['second', 'steady']);
  await judge(await idOf('second'), 3);
  await passDays(20);
  await web.report(['steady']);
  await passDays(10);
  const host = await web.hostId();
  const whole = ['70 days ago: 2 with 11', '30 days ago: 2 with 5', '10 days ago: 1 with 2'];
  expect([await course({ host }), await course({ host }, 0)]).toEqual([whole, whole]);
  const later = ['25 days ago: 2 with 5', '10 days ago: 1 with 2'];
  expect(await course({ host }, 25)).toEqual(later);
  expect(await stays()).toBe(4);
  await letGo(database, ['image_stay'], 25);
  expect(await stays()).toBe(2);
  expect([await course({ host }, 25), await course({}, 25)]).toEqual([later, later]);
});

it('goes on when two images prove to be one', async () => {
  const web = await makeReportedHost(database, 'web');
  await web.report(['claimed']);
  const claimed = await idOf('claimed');
  await judge(claimed, 5);
  await passDays(6);
  await web.report(['read']);
  const read = await idOf('read');
  await passDays(2);
  await database.write((transaction) => mergeImages(transaction, read, claimed, 'test'));
  expect(await course({ host: await web.hostId() })).toEqual(['8 days ago: 1 with 5']);
  expect(await course({})).toEqual(['8 days ago: 1 with 5']);
});

it('ends what a revoked agent said with that day, and begins again when another one says it', async () => {
  const web = await makeReportedHost(database, 'web');
  await web.report(['app', 'claimed']);
  const [app, claimed] = [await idOf('app'), await idOf('claimed')];
  await judge(app, 5);
  await judge(claimed, 3);
  await passDays(6);
  await database.query(
    `with l as (insert into layer (diff_id) values ('sha256:a') returning id)
     insert into image_layer (image_id, position, layer_id, empty, read_by) select $1, 0, id, false, $2::text from l`,
    [app, web.agentId],
  );
  const forget = () => database.write((transaction) => forgetReadings(transaction, web.agentId, [app]));
  const host = await web.hostId();
  await forget();
  const ended = ['6 days ago: 2 with 8', '0 days ago: 1 with 3'];
  expect([await course({ host }), await course({})]).toEqual([ended, ended]);
  expect(await course({ image: app })).toEqual(['6 days ago: 1 with 5', '0 days ago: 0 with 0']);
  // A step that is done again.
  await forget();
  expect(await course({ host })).toEqual(ended);
  // Two days later it proves to be the image of another row, which began to say something on the day on which this one ended.
  await database.query('update image_trend set since = since - 6 where image_id = $1', [claimed]);
  await passDays(2);
  await web.report(['app', 'claimed', 'twin']);
  const twin = await idOf('twin');
  await judge(twin, 4);
  await database.query('update image_trend set since = since - 2 where image_id = $1', [twin]);
  await database.write((transaction) => mergeImages(transaction, app, twin, 'test'));
  expect(await course({ image: app })).toEqual(['8 days ago: 1 with 5', '2 days ago: 1 with 4']);
});

it('follows the tags of a repository: moved, gone, back, and no longer watched', async () => {
  const { rows } = await database.query<{ id: string }>(
    `insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
     values ($1, 'generic', 'z', 'https://z.example', 'z.example', 'anonymous', '[]', false, 10) returning id`,
    [defaultScope],
  );
  const connection = { id: rows[0]?.id ?? '', scopeId: defaultScope, registry: 'z.example' };
  const images = new Map<string, string>();
  for (const [name, critical] of [
    ['bad', 9],
    ['mended', 1],
    ['next', 0],
  ] as const) {
    const id = randomUUID();
    images.set(name, id);
    await database.query('insert into image (id) values ($1)', [id]);
    await judge(id, critical);
  }
  await database.query('update image_trend set since = since - 100');
  /** Tags as the registry has them now; `unwatched` are there and not read. */
  const read = (tags: { readonly [tag: string]: string }, unwatched: readonly string[] = []) =>
    database.write((transaction) =>
      writeRepository(
        transaction,
        connection,
        'app',
        {
          error: null,
          contents: {
            tags: Object.entries(tags).map(([name, image]) => ({
              name,
              digest: digestOf(image),
              imageIds: [images.get(image) ?? ''],
              error: null,
            })),
            platforms: '',
            complete: { inRegistry: [...Object.keys(tags), ...unwatched] },
          },
        },
        100,
      ),
    );
  const app = { registry: 'z.example', repository: 'app' };
  expect(await course(app)).toEqual([]);
  await read({ latest: 'bad', '1.0': 'bad' });
  await passDays(4);
  await read({ latest: 'mended', '1.0': 'bad' });
  await passDays(4);
  await read({ latest: 'mended' }, ['1.0']);
  await passDays(4);
  const moved = ['12 days ago: 1 with 9', '8 days ago: 2 with 10', '4 days ago: 1 with 1'];
  expect([await course(app), await course({ registry: 'z.example' })]).toEqual([moved, moved]);
  expect(await course({ ...app, repository: 'other' })).toEqual([]);
  // A tag that is gone for two days, and a repository for another two.
  await read({});
  await passDays(2);
  await read({ latest: 'mended' });
  await passDays(2);
  const settle = (gone: readonly string[]) =>
    database.write((transaction) => settleRepositories(transaction, connection.id, { kept: [], gone }));
  await settle(['app']);
  await passDays(2);
  await read({ latest: 'mended' });
  await passDays(2);
  await read({ latest: 'next' });
  const all = [
    '20 days ago: 1 with 9',
    '16 days ago: 2 with 10',
    '12 days ago: 1 with 1',
    '8 days ago: 0 with 0',
    '6 days ago: 1 with 1',
    '4 days ago: 0 with 0',
    '2 days ago: 1 with 1',
    '0 days ago: 1 with 0',
  ];
  expect(await course(app)).toEqual(all);
  const before = await stays();
  await read({ latest: 'next' });
  expect(await stays()).toBe(before);
});

it('counts an image of all once, whoever has it, and until the last one leaves it', async () => {
  const id = randomUUID();
  await database.query('insert into image (id) values ($1)', [id]);
  await judge(id, 3);
  await database.query('update image_trend set since = since - 100');
  const see = (sourceId: string) =>
    database.write(async (transaction) => {
      const source = { kind: 'upload', scopeId: defaultScope, sourceId, name: 'x' } as const;
      await recordSighting(transaction, id, source, []);
      await refreshSummaries(transaction, [id]);
    });
  const leave = (sourceId: string) =>
    database.write(async (transaction) => {
      await transaction.query('delete from image_sighting where source_id = $1', [sourceId]);
      await refreshSummaries(transaction, [id]);
    });
  const [first, second] = [randomUUID(), randomUUID()];
  await see(first);
  await passDays(2);
  await see(second);
  await leave(first);
  await passDays(2);
  expect(await course({})).toEqual(['4 days ago: 1 with 3']);
  await leave(second);
  expect(await course({})).toEqual(['4 days ago: 1 with 3', '0 days ago: 0 with 0']);
});
