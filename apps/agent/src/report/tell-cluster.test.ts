import type { ClusterStatement } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import type { TokenIssuer } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { clusterLookMs, clusterToldMs } from '../limits.ts';
import { createClusterTeller } from './tell-cluster.ts';

const nodes = { namespace: 'hullcheck', serviceAccount: 'hullcheck-nodes', audience: 'hullcheck:https://x' };
const keyNamed = (kid: string) => ({ kty: 'RSA', kid, alg: 'RS256', n: 'n', e: 'AQAB' }) as const;

function start() {
  const told: ClusterStatement[] = [];
  const logged: string[] = [];
  const world = { nowMs: 0, keys: [keyNamed('1')], looks: 0, fault: undefined as Fault | undefined };
  const tell = createClusterTeller({
    read: async (): Promise<TokenIssuer> => {
      world.looks += 1;
      return { issuer: 'https://issuer', keys: world.keys };
    },
    nodes,
    tell: async (statement) => {
      if (world.fault !== undefined) throw world.fault;
      told.push(statement);
    },
    nowMs: () => world.nowMs,
    log: (text) => logged.push(text),
  });
  const at = (nowMs: number) => {
    world.nowMs = nowMs;
    return tell(AbortSignal.timeout(1000));
  };
  return { told, logged, world, at };
}

it('tells the keys at first, when they change, and every hour', async () => {
  const { told, world, at } = start();
  await at(0);
  expect(told).toEqual([{ issuer: 'https://issuer', keys: [keyNamed('1')], nodes }]);
  for (let ms = 1_000; ms < clusterToldMs - 2 * clusterLookMs; ms += 60_000) await at(ms);
  expect(told).toHaveLength(1);
  expect(world.looks).toBeLessThanOrEqual(clusterToldMs / clusterLookMs + 1);
  world.keys = [keyNamed('2'), keyNamed('1')];
  await at(clusterToldMs - clusterLookMs + 1_000);
  expect(told[1]?.keys.map(({ kid }) => kid)).toEqual(['2', '1']);
  await at(2 * clusterToldMs);
  expect(told).toHaveLength(3);
});

it('says once what keeps it from telling, tries again, and lets no report wait or fail for it', async () => {
  const { told, logged, world, at } = start();
  world.fault = new Fault('forbidden', 'no nodes may enrol on the word of this agent', { hint: 'Ask.' });
  for (let times = 0; times < 5; times += 1) await at(times * clusterLookMs);
  expect(logged).toEqual(['no node can enrol: no nodes may enrol on the word of this agent; Ask.']);
  world.fault = undefined;
  await at(5 * clusterLookMs);
  expect(told).toHaveLength(1);
  expect(logged).toHaveLength(2);
});
