import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '@hullcheck/contract';
import { connectEngine, createEngineClient } from '@hullcheck/runtimes';
import { makeMultiPlatformImage, startDocker29 } from '@hullcheck/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentApi } from '../report/console.ts';
import { readWanted } from './read-wanted.ts';

const image = makeMultiPlatformImage('shop/web', {
  amd64: { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.18.0\n' },
  arm64: { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.19.0\n' },
});
const idOf = (architecture: string) => `${image.digest}@${image.platforms.get(architecture)?.manifest}`;
let folder: string;
let engine: Awaited<ReturnType<typeof startDocker29>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hc-read-'));
  engine = await startDocker29(join(folder, 'docker.sock'), {
    architecture: 'arm64',
    images: [{ image, pulled: ['amd64', 'arm64'] }],
    containers: [],
  });
});
afterEach(async () => {
  await engine.stop();
  await rm(folder, { recursive: true });
});

/** What the console is told when it wants this one, and the engine exports that one. */
async function tell(wanted: string, exported: string) {
  const client = createEngineClient(connectEngine({ kind: 'unix', path: engine.socketPath }));
  const told: { readonly id: string; readonly body: Record<string, unknown> }[] = [];
  const call = async (id: string, { body }: { body: Record<string, unknown> }) => {
    told.push({ id, body });
    return { known: [] };
  };
  try {
    await readWanted(
      { imageKey: `docker/${idOf(wanted)}`, attempt: 'try-1' },
      {
        api: { call: call as unknown as ApiClient['call'] } satisfies AgentApi,
        find: () => ({
          client: { ...client, exportImage: (_, signal) => client.exportImage(idOf(exported), signal) },
          id: idOf(wanted),
          kind: 'docker',
        }),
        log: () => undefined,
        signal: AbortSignal.timeout(60_000),
      },
    );
  } finally {
    await client.close();
  }
  return told.find(({ id }) => id !== 'agent.layersKnown' && id !== 'agent.layer');
}

it.each(['amd64', 'arm64'])('reads of two platforms under one name the one that is meant: %s', async (architecture) => {
  expect(await tell(architecture, architecture)).toMatchObject({
    id: 'agent.reading',
    body: { configDigest: image.platforms.get(architecture)?.config, platform: `linux/${architecture}` },
  });
  expect(engine.seen.at(-1)).toContain(encodeURIComponent(`"architecture":"${architecture}"`));
});

it('tells nothing of one that the engine exported in its place', async () => {
  expect(await tell('amd64', 'arm64')).toMatchObject({
    id: 'agent.readingFailed',
    body: { code: 'digest-mismatch', detail: expect.stringContaining('another platform') },
  });
});

it('is told that the image is not there any more', async () => {
  const gone = `${image.digest}@${image.digest}`;
  const client = createEngineClient(connectEngine({ kind: 'unix', path: engine.socketPath }));
  await expect(client.exportImage(gone, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'not-found' });
  await client.close();
});
