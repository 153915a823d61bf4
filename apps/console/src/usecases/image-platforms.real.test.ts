import { createHash } from 'node:crypto';
import type { AgentReport } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
import { listedContainer } from '@hullcheck/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestStore, type TestStore } from '../store/cloned.testing.ts';
import type { Database } from '../store/database.ts';
import { resolveImage } from '../store/images.ts';
import { observed } from '../store/observation.testing.ts';
import { defaultScope } from '../store/scope.ts';
import { takeReport } from './agent-report.ts';

let store: TestStore;
let database: Database;
let sequence: number;

beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(() => store?.stop());
beforeEach(async () => {
  database = await store.open();
  sequence = 0;
  return () => database.end();
});

type Image = AgentReport['images'][number];

const sha = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}` as Digest;
const index = sha('index');
const [amd, arm] = [sha('manifest amd64'), sha('manifest arm64')];

/** As an agent names an image of Docker's containerd store. */
function image(manifests: readonly Digest[], platform: string, more: Partial<Image> = {}): Image {
  return {
    key: `docker/${index}${manifests.map((digest) => `@${digest}`).join('')}`,
    runtime: 'docker',
    id: index,
    idKind: 'index',
    configDigest: null,
    manifestDigests: [...manifests],
    indexDigests: [index],
    repoTags: ['registry.example/web:1'],
    repoDigests: [`registry.example/web@${index}`],
    platform,
    size: 1,
    created: null,
    labels: {},
    ...more,
  };
}

async function enroll(name: string) {
  const { rows } = await database.query<{ id: string }>(
    `insert into agent (scope_id, name, version) values ($1, $2, '1') returning id`,
    [defaultScope, name],
  );
  return { id: rows[0]?.id ?? '', scopeId: defaultScope };
}

/** A host with these images and a container of each; again it is another report of the same one. */
async function report(
  agent: Awaited<ReturnType<typeof enroll>>,
  name: string,
  images: readonly Image[],
  containers = images.map(({ key }, at) => listedContainer(`${name}-${at}`, { imageKey: key })),
) {
  sequence += 1;
  await takeReport(database, agent, {
    agent: { version: '1', mode: 'inventory' },
    host: { machineId: name, name, os: null, kernel: null, architecture: null },
    runtimes: [],
    full: true,
    sequence,
    baseSequence: null,
    sentAt: '2026-01-01T00:00:00Z',
    images: [...images],
    containers,
    gone: { images: [], containers: [] },
  });
}

/** Of each container the platform of its image, and which of the rows that is. */
async function containers() {
  const { rows } = await database.query<{ id: string; platform: string | null; row: string }>(
    'select c.runtime_id as id, i.platform, i.id as row from container c join image i on i.id = c.image_id where c.gone_at is null',
  );
  return Object.fromEntries(rows.map(({ id, ...rest }) => [id, rest]));
}
const count = async () => (await database.query<{ n: number }>('select count(*)::int as n from image')).rows[0]?.n;

it('make two images of one index, and each container is of that of its host', async () => {
  const hosts = ['arm-1', 'amd-1', 'arm-2', 'amd-2'];
  for (const name of hosts) {
    const isArm = name.startsWith('arm');
    await report(await enroll(name), name, [image([isArm ? arm : amd], isArm ? 'linux/arm64/v8' : 'linux/amd64')]);
  }
  const found = await containers();
  expect(await count()).toBe(2);
  expect(hosts.map((name) => found[`${name}-0`]?.platform)).toEqual([
    'linux/arm64/v8',
    'linux/amd64',
    'linux/arm64/v8',
    'linux/amd64',
  ]);
  expect(found['arm-1-0']?.row).toBe(found['arm-2-0']?.row);
  expect(found['amd-1-0']?.row).toBe(found['amd-2-0']?.row);
});

it('are told apart on a host that runs a foreign one as well', async () => {
  const [own, foreign] = [image([arm], 'linux/arm64'), image([amd], 'linux/amd64')];
  const agent = await enroll('mac');
  await report(agent, 'mac', [foreign, own]);
  await report(await enroll('server'), 'server', [image([amd], 'linux/amd64')]);
  // The second report finds everything by one look, and the same.
  for (const images of [undefined, [own, foreign]]) {
    if (images !== undefined)
      await report(agent, 'mac', images, [
        listedContainer('mac-0', { imageKey: foreign.key }),
        listedContainer('mac-1', { imageKey: own.key }),
      ]);
    const found = await containers();
    expect(found['mac-0']).toEqual(found['server-0']);
    expect([found['mac-0']?.platform, found['mac-1']?.platform]).toEqual(['linux/amd64', 'linux/arm64']);
    expect(await count()).toBe(2);
  }
});

it('are told apart though agents of before name the manifests of all platforms', async () => {
  const both = [amd, arm];
  await report(await enroll('old-arm'), 'old-arm', [image(both, 'linux/arm64')]);
  await report(await enroll('old-amd'), 'old-amd', [image(both, 'linux/amd64')]);
  await report(await enroll('new-amd'), 'new-amd', [image([amd], 'linux/amd64')]);
  await report(await enroll('new-arm'), 'new-arm', [image([arm], 'linux/arm64')]);
  const found = await containers();
  expect(await count()).toBe(2);
  expect(found['old-arm-0']).toEqual(found['new-arm-0']);
  expect(found['old-amd-0']).toEqual(found['new-amd-0']);
  const { rows } = await database.query(
    'select i.platform, d.digest from image_digest d join image i on i.id = d.image_id order by 1',
  );
  expect(rows).toEqual([
    { platform: 'linux/amd64', digest: amd },
    { platform: 'linux/arm64', digest: arm },
  ]);
});

it('are told apart where both were bound to one image, and the console takes back what is not its own', async () => {
  await report(await enroll('arm'), 'arm', [image([arm], 'linux/arm64')]);
  const { row = '' } = (await containers())['arm-0'] ?? {};
  await database.query(`insert into image_digest (kind, digest, image_id) values ('manifest', $1, $2)`, [amd, row]);
  const agent = await enroll('amd');
  for (let times = 0; times < 2; times += 1) {
    await report(agent, 'amd', [image([amd], 'linux/amd64')]);
    const found = await containers();
    expect(found['amd-0']?.platform).toBe('linux/amd64');
    expect(found['amd-0']?.row).not.toBe(row);
    expect(await count()).toBe(2);
  }
  const seen = { configDigest: sha('config'), manifestDigests: [amd], indexDigests: [index], platform: 'linux/amd64' };
  const read = await database.write((transaction) => resolveImage(transaction, observed(seen)));
  expect(read).not.toBe(row);
  expect((await containers())['arm-0']).toEqual({ platform: 'linux/arm64', row });
  const { rows } = await database.query(`select image_id as row from image_digest where digest = $1`, [amd]);
  expect(rows).toEqual([{ row: read }]);
});

it('are no reason to join what one index names twice for one platform', async () => {
  // Windows: one index, one platform, and a manifest for each version of it.
  const [older, newer] = [sha('windows 2019'), sha('windows 2022')];
  await report(await enroll('w1'), 'w1', [image([older], 'windows/amd64')]);
  await report(await enroll('w2'), 'w2', [image([newer], 'windows/amd64')]);
  const found = await containers();
  expect(found['w1-0']?.row).not.toBe(found['w2-0']?.row);
});
