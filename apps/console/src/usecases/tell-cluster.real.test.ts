import type { ClusterStatement } from '@hullcheck/contract';
import type { Fault } from '@hullcheck/core';
import { createTokenIssuer } from '@hullcheck/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { account, audience, playClusters, podOf } from './clusters.testing.ts';

describe('what the agent of a cluster says of its tokens', () => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await startTestConsole('cluster_keys');
  });
  afterAll(() => console?.stop());
  // What one test is refused is not to limit the next one.
  beforeEach(() => console.query('delete from sign_in_failure'));

  const { playCluster, startCluster, tokenFor, enroll, refusal, audited } = playClusters(() => console);

  it('believes a key of the agent that told it first, until that one is revoked', async () => {
    const real = await startCluster('p8');
    const thief = await playCluster(real.issuer);
    await thief.lists(podOf('p8', 'node-of-the-thief'));
    const stolen = await thief.tell().catch((fault: Fault) => fault);
    expect(stolen).toMatchObject({ code: 'conflict', message: expect.stringContaining(real.name) });
    expect(
      (await audited('agent.cluster')).some(
        ({ actor, outcome }) => actor === `agent:${thief.name}` && outcome === 'refused',
      ),
    ).toBe(true);
    await console.client.call('agents.revoke', { params: { id: real.id } });
    await thief.tell();
    expect((await enroll(tokenFor(thief, 'p8', { node: undefined }))).key).toMatch(/^hca_/);
  });

  it('follows keys as they are replaced: the new one at once, the old one no longer than it is told', async () => {
    const cluster = await startCluster('p9', 'p10', 'p11');
    const old = tokenFor(cluster, 'p9');
    cluster.issuer.rotate();
    expect(await refusal(tokenFor(cluster, 'p10'))).toMatchObject({ message: expect.stringContaining('no cluster') });
    await cluster.tell();
    await enroll(tokenFor(cluster, 'p10'));
    await enroll(old);
    cluster.issuer.rotate();
    const before = tokenFor(cluster, 'p11');
    cluster.issuer.rotate();
    cluster.issuer.retire();
    await cluster.tell();
    expect(await refusal(before)).toMatchObject({ message: expect.stringContaining('no cluster') });
  });

  it('believes what a collector told for three hours and no longer', async () => {
    const cluster = await startCluster('p12');
    await console.query(`update cluster set told_at = now() - interval '181 minutes' where agent_id = $1`, cluster.id);
    expect(await refusal(tokenFor(cluster, 'p12'))).toMatchObject({ message: expect.stringContaining('no cluster') });
    await cluster.tell();
    expect((await enroll(tokenFor(cluster, 'p12'))).key).toMatch(/^hca_/);
  });

  it('takes one key of a name, and none that is another’s written in another way', async () => {
    const cluster = await startCluster('p22');
    const [key] = cluster.issuer.keys();
    const [other] = createTokenIssuer(undefined, 'ES256').keys();
    await expect(cluster.tell({ keys: [key, { ...other, kid: key?.kid }] as never })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    const [rsa] = createTokenIssuer(undefined, 'RS256').keys();
    await expect(cluster.tell({ keys: [{ ...rsa, e: 'AAEAAQ' }] as never })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    expect((await enroll(tokenFor(cluster, 'p22'))).key).toMatch(/^hca_/);
  });

  it('takes no statement with private keys in it further, and none that is broken or too large', async () => {
    const cluster = await playCluster(createTokenIssuer());
    const [key] = cluster.issuer.keys();
    await cluster.tell({ keys: [{ ...key, d: 'CANARY-private' }] as never });
    expect(JSON.stringify(await console.query('select jwk from cluster_key'))).not.toContain('CANARY');
    const point = { kty: 'EC', kid: 'x', alg: 'ES256', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) } as const;
    for (const broken of [
      { keys: [point] },
      { keys: [] },
      { keys: Array.from({ length: 21 }, () => key) as never },
      { keys: [{ ...key, n: 'A'.repeat(2_000) }] as never },
      { keys: [{ kty: 'oct', kid: 'x', alg: 'HS256', k: 'secret' }] as never },
      { issuer: '' },
      { nodes: { ...account, audience: 'https://kubernetes.default.svc' } },
    ])
      await expect(cluster.tell(broken)).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('takes one change in a minute: each is written to the audit log, which nobody is to fill', async () => {
    const cluster = await startCluster('p23');
    const statement = (keys: unknown) =>
      ({ issuer: cluster.issuer.issuer, keys, nodes: { ...account, audience } }) as ClusterStatement;
    const told = cluster.issuer.keys();
    cluster.issuer.rotate();
    const say = (keys: unknown) => cluster.api.call('agent.cluster', { body: statement(keys) });
    for (let times = 0; times < 3; times += 1) {
      const fault = await say(cluster.issuer.keys()).catch((error: Fault) => error);
      expect(fault?.code).toBe('rate-limited');
      expect(fault?.retryAtMs).toBeGreaterThan(Date.now() + 30_000);
    }
    // What it said before holds, and may be said again.
    await say(told);
    await console.query(`update cluster set changed_at = now() - interval '1 minute' where agent_id = $1`, cluster.id);
    await say(cluster.issuer.keys());
    expect((await enroll(tokenFor(cluster, 'p23'))).key).toMatch(/^hca_/);
    const entries = (await audited('agent.cluster')).filter(({ target }) => target === cluster.id);
    expect(entries.map(({ outcome }) => outcome).toSorted()).toEqual(['ok', 'ok', 'refused']);
  });
});
