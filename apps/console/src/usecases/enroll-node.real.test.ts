import { createTokenIssuer } from '@hullcheck/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { enrollLimits } from '../http/limits.ts';
import { account, audience, playClusters, podOf } from './clusters.testing.ts';
import { clusterEnrollmentLimits } from './limits.ts';

describe('agents of nodes that enrol by the service account of their pods', () => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await startTestConsole('nodes');
  });
  afterAll(() => console?.stop());
  // What one test is refused is not to limit the next one.
  beforeEach(() => console.query('delete from sign_in_failure'));

  const { playCluster, startCluster, tokenFor, enroll, refusal, agents, audited, opens } = playClusters(() => console);

  it('gives the agent of a node its own key, names node and cluster, and writes down all of it but the token', async () => {
    const cluster = await startCluster('p1');
    const token = tokenFor(cluster, 'p1');
    const { agentId, key } = await enroll(token);
    expect(await opens(key)).toBe(200);
    const listed = await agents();
    expect(listed.find(({ id }) => id === agentId)).toMatchObject({
      name: 'node-p1',
      through: { id: cluster.id, name: cluster.name, node: 'node-p1' },
      nodes: null,
    });
    expect(listed.find(({ id }) => id === cluster.id)).toMatchObject({
      nodes: { mayEnroll: true, enrolled: 1 },
      through: null,
    });
    const [entry] = await audited('agent.enroll');
    expect(entry).toMatchObject({ actor: 'agent:node-p1', target: agentId, outcome: 'ok' });
    const [told] = await console.query(
      `select detail from audit where action = 'agent.cluster' and target = $1`,
      cluster.id,
    );
    expect(told?.detail).toMatchObject({ audience, ...account, keys: [expect.any(String)] });
    const [, , signature = ''] = token.split('.');
    const kept = JSON.stringify(await console.query('select * from audit')) + console.lines.join('\n');
    expect(kept).not.toContain(signature);
    expect(kept).not.toContain(key);
  });

  it('takes a pod once: the same token again, and a later one of the same pod, are refused', async () => {
    const cluster = await startCluster('p2');
    const token = tokenFor(cluster, 'p2');
    const { key } = await enroll(token);
    for (const again of [token, tokenFor(cluster, 'p2')])
      expect(await refusal(again)).toMatchObject({
        code: 'unauthenticated',
        message: expect.stringContaining('enrolled before'),
      });
    expect(await opens(key)).toBe(200);
    const [entry] = await console.query(
      `select target, detail from audit where outcome = 'refused' order by seq desc limit 1`,
    );
    expect(entry).toMatchObject({ target: cluster.id, detail: { reason: 'its pod has enrolled before' } });
  });

  it('lets one of two that come at once with one token', async () => {
    const cluster = await startCluster('p3');
    const token = tokenFor(cluster, 'p3');
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => enroll(token)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await agents()).filter(({ through }) => through?.id === cluster.id)).toHaveLength(1);
  });

  it('keeps one agent for a node whose pod is made anew, and ends the key of the pod before', async () => {
    const cluster = await startCluster('p4');
    const first = await enroll(tokenFor(cluster, 'p4'));
    await cluster.lists(podOf('p4-new', 'node-p4'));
    const node = { name: 'node-p4', uid: 'x' };
    const second = await enroll(tokenFor(cluster, 'p4-new', { node }));
    expect(second.agentId).toBe(first.agentId);
    expect([await opens(first.key), await opens(second.key)]).toEqual([401, 200]);
    // The pod that is gone is none any more, whatever its token says.
    expect(await refusal(tokenFor(cluster, 'p4', { node }))).toMatchObject({ code: 'unavailable' });
  });

  it('tells a pod that is not reported yet when to come again, and does not count that as a failure', async () => {
    const cluster = await startCluster();
    const beganMs = Date.now();
    for (let times = 0; times < enrollLimits.perAddress.failuresMax + 5; times += 1) {
      const fault = await refusal(tokenFor(cluster, 'late'));
      expect(fault?.code).toBe('unavailable');
      expect(fault?.retryAtMs).toBeGreaterThan(beganMs + 5_000);
      expect(fault?.retryAtMs).toBeLessThan(Date.now() + 60_000);
    }
    // Reported, but by nobody's DaemonSet, or on no node yet.
    await cluster.lists(podOf('late', 'node-late', 'Deployment/other'));
    expect(await refusal(tokenFor(cluster, 'late'))).toMatchObject({ code: 'unavailable' });
    await cluster.lists(podOf('late', null));
    expect(await refusal(tokenFor(cluster, 'late'))).toMatchObject({ code: 'unavailable' });
    await cluster.lists(podOf('late', 'node-late'));
    expect((await enroll(tokenFor(cluster, 'late'))).key).toMatch(/^hca_/);
  });

  it('refuses a token that names another node than the collector', async () => {
    const cluster = await startCluster('p5');
    const fault = await refusal(tokenFor(cluster, 'p5', { node: { name: 'node-of-another', uid: 'x' } }));
    expect(fault).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('different nodes') });
  });

  it('knows clusters of one issuer by their keys, also where one has given its key the name of the other’s', async () => {
    const one = await startCluster('p6');
    const two = await startCluster('p7');
    expect(one.issuer.issuer).toBe(two.issuer.issuer);
    const [key] = two.issuer.keys();
    await two.tell({ keys: [{ ...key, kid: one.issuer.keys()[0]?.kid }] as never });
    const enrolled = await enroll(tokenFor(one, 'p6'));
    expect((await agents()).find(({ id }) => id === enrolled.agentId)?.through?.id).toBe(one.id);
    // Signed by the one, for a pod that only the other has.
    expect(await refusal(tokenFor(one, 'p7'))).toMatchObject({ code: 'unavailable' });
    expect(await refusal(tokenFor(two, 'p7'))).toMatchObject({ message: expect.stringContaining('no cluster') });
  });

  it('lets nodes enrol only where an administrator said so, and no longer than that', async () => {
    const cluster = await playCluster(createTokenIssuer(undefined, 'ES256'), false);
    await cluster.lists(podOf('p13', 'node-p13'), podOf('p14', 'node-p14'));
    await expect(cluster.tell()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await refusal(tokenFor(cluster, 'p13'))).toMatchObject({ code: 'unauthenticated' });
    const allow = (nodesMayEnroll: boolean) =>
      console.client.call('agents.update', { params: { id: cluster.id }, body: { nodesMayEnroll } });
    await allow(true);
    await cluster.tell();
    const { key } = await enroll(tokenFor(cluster, 'p13'));
    await allow(false);
    expect(await refusal(tokenFor(cluster, 'p14'))).toMatchObject({ code: 'unauthenticated' });
    await expect(cluster.tell()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await opens(key)).toBe(200);
    // Again at once: the collector tells anew only after an hour.
    await allow(true);
    expect((await enroll(tokenFor(cluster, 'p14'))).key).toMatch(/^hca_/);
    expect((await audited('agents.update')).length).toBe(3);
  });

  it('ends with the cluster’s agent all that enrolled on its word, and lets nobody enrol after', async () => {
    const cluster = await startCluster('p15', 'p16');
    const { agentId, key } = await enroll(tokenFor(cluster, 'p15'));
    await console.client.call('agents.revoke', { params: { id: cluster.id } });
    expect(await opens(key)).toBe(401);
    for (const uid of ['p15', 'p16'])
      expect(await refusal(tokenFor(cluster, uid))).toMatchObject({ message: expect.stringContaining('no cluster') });
    await expect(cluster.tell()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await agents()).find(({ id }) => id === agentId)?.revokedAt).not.toBeNull();
    const [entry] = await console.query(
      `select detail from audit where action = 'agents.revoke' and target = $1`,
      cluster.id,
    );
    expect(entry?.detail).toEqual({ nodes: 1 });
    await expect
      .poll(() => console.query('select 1 from agent where id = $1 and revoked_at is not null', agentId), {
        timeout: 30_000,
      })
      .toHaveLength(1);
  });

  it('keeps a node out whose agent was revoked, however often its pod is made anew', async () => {
    const cluster = await startCluster('p17');
    const { agentId } = await enroll(tokenFor(cluster, 'p17'));
    await console.client.call('agents.revoke', { params: { id: agentId } });
    await cluster.lists(podOf('p17-new', 'node-p17'));
    const token = tokenFor(cluster, 'p17-new', { node: { name: 'node-p17', uid: 'x' } });
    expect(await refusal(token)).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('revoked'),
    });
  });

  it('counts against a cluster the nodes that are heard from, not all that an autoscaler ever made', async () => {
    const cluster = await startCluster('p20', 'p21');
    await console.query(
      `insert into agent (scope_id, name, version, cluster_agent_id, node, enrolled_at)
       select a.scope_id, 'n' || n, '1', a.id, 'n' || n, now() - interval '1 day'
       from agent a, generate_series(1, $2::int) n where a.id = $1`,
      cluster.id,
      clusterEnrollmentLimits.nodesMax,
    );
    expect((await enroll(tokenFor(cluster, 'p20'))).key).toMatch(/^hca_/);
    await console.query('update agent set seen_at = now() where cluster_agent_id = $1', cluster.id);
    expect(await refusal(tokenFor(cluster, 'p21'))).toMatchObject({ message: expect.stringContaining('more nodes') });
    const nodes = 'select id from agent where cluster_agent_id = $1';
    await console.query(`delete from agent_key where agent_id in (${nodes})`, cluster.id);
    await console.query('delete from agent where cluster_agent_id = $1', cluster.id);
    // A node whose agent was forgotten meanwhile has the same pod still.
    expect((await enroll(tokenFor(cluster, 'p20'))).key).toMatch(/^hca_/);
  });

  it('refuses tokens that are too long before it looks at them, and counts wrong ones like wrong enrolment tokens', async () => {
    const cluster = await startCluster('p18');
    expect(await refusal(tokenFor(cluster, 'p18', { claims: { padding: 'x'.repeat(9_000) } }))).toMatchObject({
      code: 'invalid-input',
    });
    const before = (await audited('agent.enroll')).filter(({ outcome }) => outcome === 'refused').length;
    const stranger = createTokenIssuer(undefined, 'ES256');
    const codes: (string | undefined)[] = [];
    for (let times = 0; times < enrollLimits.perAddress.failuresMax * 2; times += 1)
      codes.push(
        (await refusal(stranger.token({ ...account, audiences: [audience], pod: { name: 'x', uid: 'x' } })))?.code,
      );
    expect(codes.at(-1)).toBe('rate-limited');
    const refused = (await audited('agent.enroll')).filter(({ outcome }) => outcome === 'refused').length - before;
    // One more after five seconds, another one ten seconds later.
    expect(refused).toBeLessThanOrEqual(enrollLimits.perAddress.failuresMax + 4);
    // Whoever has a right one never waits for them.
    expect((await enroll(tokenFor(cluster, 'p18'))).key).toMatch(/^hca_/);
  });
});
