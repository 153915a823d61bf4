import { type ConsoleClient, playAgent } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { findBrokenLink, listAudit } from '../store/audit.ts';
import { startTestStore, type TestStore } from '../store/cloned.testing.ts';
import { enrollLimits } from './limits.ts';
import { Refusals } from './refusals.ts';

const log = pino({ level: 'silent' });
const refusal = (actor: string) => ({ actor, action: 'images.list', target: '/api/v1/images', address: '127.0.0.1' });

describe('refusals in the audit log', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await startTestStore();
  }, 120_000);
  afterAll(async () => {
    await store?.stop();
  });

  it('are counted where one actor repeats them, and told when their time is over or the console stops', async () => {
    const database = await store.open();
    const refusals = new Refusals(database, log, 1_000);
    for (let n = 0; n < 50; n += 1) await refusals.record(refusal('token:a'));
    await refusals.record(refusal('token:b'));
    const told = async () =>
      (await listAudit(database, undefined, 100)).toReversed().map(({ actor, detail }) => [actor, detail]);
    const first = [
      ['token:a', {}],
      ['token:b', {}],
    ];
    expect(await told()).toEqual(first);
    const counted = ['token:a', { repeated: 49, withinSeconds: 1 }];
    await expect.poll(told, { timeout: 10_000 }).toEqual([...first, counted]);
    for (let n = 0; n < 3; n += 1) await refusals.record(refusal('token:a'));
    await refusals.close();
    expect(await told()).toEqual([...first, counted, ['token:a', {}], ['token:a', { repeated: 2, withinSeconds: 1 }]]);
    expect(await findBrokenLink(database)).toBeUndefined();
    await database.end();
  });

  it('of more actors than are counted are counted together', async () => {
    const database = await store.open();
    const refusals = new Refusals(database, log, 60_000);
    for (let n = 0; n < 1_100; n += 1) await refusals.record(refusal(`token:${n}`));
    await refusals.close();
    const { rows } = await database.query<{ n: number }>('select count(*)::int as n from audit');
    expect(rows[0]?.n).toBe(1_002);
    await database.end();
  }, 120_000);
});

describe('a console that is asked for what it refuses, over and over', { timeout: 120_000 }, () => {
  let running: TestConsole;
  let client: ConsoleClient;
  beforeAll(async () => {
    running = await startTestConsole('refusals');
    ({ client } = running);
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
  });

  const refused = async (action: string) =>
    (await client.call('audit.list', { query: { limit: 200 } })).items.filter(
      (entry) => entry.action === action && entry.outcome === 'refused',
    );

  it('writes the refused route of a key once', async () => {
    const agent = await playAgent(client, 'curious');
    for (let n = 0; n < 30; n += 1)
      await expect(agent.api.call('images.list', { query: { limit: 1 } })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await refused('images.list')).toMatchObject([{ actor: 'agent:curious' }]);
  });

  it('makes whoever tries enrolment tokens wait, and enrols whoever has one', async () => {
    const body = { token: 'wrong', name: 'x', version: '1' };
    const wrong = () =>
      client.call('agent.enroll', { body }).then(
        () => 'enrolled',
        ({ code }: { code: string }) => code,
      );
    const codes = new Set((await Promise.all(Array.from({ length: 60 }, wrong))).concat(await wrong()));
    expect([...codes].toSorted()).toEqual(['rate-limited', 'unauthenticated']);
    expect((await refused('agent.enroll')).length).toBe(enrollLimits.perAddress.failuresMax);
    await playAgent(client, 'honest');
  });
});
