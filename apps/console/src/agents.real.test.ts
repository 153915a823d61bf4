import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Digest } from '@hullcheck/core';
import { openOciDir, readersVersion, readImage } from '@hullcheck/scanner';
import { corpusLayout, listedContainer } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  agentReport,
  archive,
  type CalledConsole,
  onEveryEngine,
  startCalledConsole,
} from './called-console.testing.ts';

const noDigest = `sha256:${'0'.repeat(64)}` as Digest;
const missing = '00000000-0000-4000-8000-00000000dead';

onEveryEngine('agents of the console', (engine) => {
  let console: CalledConsole;
  beforeAll(async () => {
    console = await startCalledConsole(engine);
  });
  afterAll(() => console?.stop());

  describe('an agent', () => {
    const layout = corpusLayout('alpine-3.20') ?? '';
    const configOf = async () => {
      const image = await openOciDir(layout, { signal: new AbortController().signal });
      return image;
    };
    const container = (id: string, state: 'running' | 'exited', imageKey: string) =>
      listedContainer(id, { name: `name-${id}`, imageKey, imageReference: 'alpine:3.20', state });
    const agentImage = (key: string, configDigest: Digest, tag = 'corpus/alpine:3.20') => ({
      key,
      runtime: 'docker',
      id: configDigest,
      idKind: 'config' as const,
      configDigest,
      manifestDigests: [],
      indexDigests: [],
      repoTags: [tag],
      repoDigests: [],
      platform: 'linux/amd64',
      size: 5_000_000,
      created: null,
      labels: {},
    });
    let imageId: string;
    let key: string;

    it('uses its enrolment token once, and its command carries no token', async () => {
      const { token, command } = await console.enrol('agent-2');
      expect(command).not.toContain(token);
      expect(
        (await console.call(null, 'POST', '/api/agent/v1/enroll', { token, name: 'x', version: '1' })).status,
      ).toBe(401);
    });

    it('reports what is there; the same again, older ones and ones without a base change nothing', async () => {
      const image = await configOf();
      key = `docker/${image.facts.id}`;
      const first = agentReport({
        images: [agentImage(key, image.facts.id ?? noDigest)],
        containers: [container('c1', 'running', key), container('c2', 'exited', key)],
      });
      const copies = await Promise.all(
        Array.from({ length: 8 }, () => console.call('agent', 'POST', '/api/agent/v1/report', first)),
      );
      expect(copies.every(({ status, body }) => status === 200 && body.sequence === 1 && !body.resync)).toBe(true);
      const hosts = (await console.call('viewer', 'GET', '/api/v1/hosts')).body.items;
      expect(hosts).toHaveLength(1);
      expect(hosts[0]).toMatchObject({ name: 'host-1', images: 1, containers: { running: 1, total: 2 } });
      const gone = agentReport({
        full: false,
        sequence: 2,
        baseSequence: 1,
        images: [],
        gone: { images: [], containers: ['c2'] },
      });
      expect((await console.call('agent', 'POST', '/api/agent/v1/report', gone)).body).toMatchObject({
        sequence: 2,
        resync: false,
      });
      expect((await console.call('agent', 'POST', '/api/agent/v1/report', first)).body).toMatchObject({
        sequence: 2,
        resync: false,
      });
      expect(
        (
          await console.call(
            'agent',
            'POST',
            '/api/agent/v1/report',
            agentReport({ full: false, sequence: 9, baseSequence: 7 }),
          )
        ).body.resync,
      ).toBe(true);
      const containers = (await console.call('viewer', 'GET', '/api/v1/containers')).body.items;
      expect(containers.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
        ['c1', 'running'],
      ]);
      imageId = containers[0].image.id;
    });

    it('sends its reports packed, too', async () => {
      const body = gzipSync(JSON.stringify(agentReport({ full: false, sequence: 3, baseSequence: 2 })));
      const answer = await fetch(`${console.running.url}/api/agent/v1/report`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${console.tokens.agent}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body,
      });
      expect(answer.status).toBe(200);
    });

    it('is asked for an image that the console can not read, and its reading is marked as its own', async () => {
      let want: { imageKey: string; attempt: string }[] = [];
      for (let tries = 0; tries < 100 && want.length === 0; tries += 1) {
        await sleep(100);
        want = (
          await console.call(
            'agent',
            'POST',
            '/api/agent/v1/report',
            agentReport({ full: false, sequence: 3, baseSequence: 2 }),
          )
        ).body.want;
      }
      expect(want).toMatchObject([{ imageKey: key }]);
      const image = await configOf();
      const { reports, facts } = await readImage({ image, signal: new AbortController().signal });
      for (const layer of reports)
        expect((await console.call('agent', 'POST', '/api/agent/v1/layers', layer)).status).toBe(204);
      const known = await console.call('agent', 'POST', '/api/agent/v1/layers/known', {
        diffIds: image.layers.map(({ diffId }) => diffId),
        readers: readersVersion(),
      });
      expect(known.body.known).toHaveLength(image.layers.length);
      const reading = {
        imageKey: key,
        attempt: want[0]?.attempt,
        configDigest: facts.id,
        created: null,
        platform: 'linux/amd64',
        layers: facts.layers,
        problems: [],
      };
      expect((await console.call('agent-2', 'POST', '/api/agent/v1/readings', reading)).status).toBe(404);
      expect(
        (await console.call('agent', 'POST', '/api/agent/v1/readings', { ...reading, attempt: missing })).status,
      ).toBe(404);
      expect((await console.call('agent', 'POST', '/api/agent/v1/readings', reading)).status).toBe(204);
      expect((await console.call('agent', 'POST', '/api/agent/v1/readings', reading)).status).toBe(404);
      const assessed = await console.settled(imageId);
      expect(assessed.assessment).toMatchObject({ state: 'partial', readBy: 'agent' });
      expect(assessed.packages).toBeGreaterThan(10);
      expect(assessed).toMatchObject({ hosts: 1, containers: 1 });
    });

    it('never answers where the console can read itself; what they read differently is an alarm', async () => {
      const image = await configOf();
      const { reports } = await readImage({ image, signal: new AbortController().signal });
      const forged = { ...reports[0], evidence: [] };
      expect((await console.call('agent-2', 'POST', '/api/agent/v1/layers', forged)).status).toBe(204);
      const { body } = await console.upload(archive('alpine-3.20'), 'alpine-3.20.tar', `&image=${imageId}`);
      expect(body.images[0].id).toBe(imageId);
      const assessed = await console.settled(imageId);
      expect(assessed.assessment.readBy).toBe('console');
      expect(assessed.problems.map((problem: { code: string }) => problem.code)).toContain('differs-between-readers');
    });

    it('completes a row only with the image of that row', async () => {
      const { status, body } = await console.upload(archive('alpine-3.6'), 'other.tar', `&image=${imageId}`);
      expect([status, body.code]).toEqual([409, 'conflict']);
    });

    it('opens nothing after it was revoked, and what it read is forgotten', async () => {
      const agents = (await console.call('viewer', 'GET', '/api/v1/agents')).body.items;
      const second = agents.find(({ name }: { name: string }) => name === 'agent-2');
      expect((await console.call('admin', 'DELETE', `/api/v1/agents/${second.id}`)).status).toBe(204);
      expect((await console.call('agent-2', 'POST', '/api/agent/v1/report', agentReport({ sequence: 1 }))).status).toBe(
        401,
      );
      await console.call('operator', 'POST', `/api/v1/images/${imageId}/assess`);
      const assessed = await console.settled(imageId);
      expect(assessed.problems.map((problem: { code: string }) => problem.code)).not.toContain(
        'differs-between-readers',
      );
    });

    it('can not take over the host of an agent that lives by naming its machine', async () => {
      await console.enrol('thief');
      expect((await console.call('thief', 'POST', '/api/agent/v1/report', agentReport({ sequence: 1 }))).status).toBe(
        200,
      );
      const hosts = (await console.call('viewer', 'GET', '/api/v1/hosts')).body.items;
      expect(hosts.filter(({ images }: { images: number }) => images === 1)).toHaveLength(1);
      expect(hosts).toHaveLength(2);
    });

    it('takes with it what was known only from its readings, once it is revoked', async () => {
      const { agentId } = await console.enrol('agent-3');
      const image = await openOciDir(corpusLayout('alpine-3.6') ?? '', { signal: new AbortController().signal });
      const { facts, reports } = await readImage({ image, signal: new AbortController().signal });
      const host = { machineId: 'machine-3', name: 'host-3', os: null, kernel: null, architecture: null };
      const imageKey = `docker/${facts.id}`;
      const images = [agentImage(imageKey, facts.id as Digest, 'only/here:1')];
      let want: { imageKey: string; attempt: string }[] = [];
      for (let sequence = 1; sequence < 100 && want.length === 0; sequence += 1) {
        want = (await console.call('agent-3', 'POST', '/api/agent/v1/report', agentReport({ host, images, sequence })))
          .body.want;
        await sleep(100);
      }
      for (const layer of reports)
        expect((await console.call('agent-3', 'POST', '/api/agent/v1/layers', layer)).status).toBe(204);
      const reading = { configDigest: facts.id, created: null, platform: null, layers: facts.layers, problems: [] };
      expect((await console.call('agent-3', 'POST', '/api/agent/v1/readings', { ...want[0], ...reading })).status).toBe(
        204,
      );
      const find = async () =>
        (await console.call('viewer', 'GET', '/api/v1/images?repository=only/here')).body.items[0] as { id: string };
      const { id } = await find();
      expect((await console.settled(id)).assessment).toMatchObject({ state: 'partial', readBy: 'agent-3' });
      expect((await console.call('admin', 'DELETE', `/api/v1/agents/${agentId}`)).status).toBe(204);
      expect(await console.settled(id)).toMatchObject({ risk: null, packages: null, assessment: { state: 'none' } });
      expect(await find()).toMatchObject({ risk: null, assessment: { state: 'none' } });
    });
  });
});
