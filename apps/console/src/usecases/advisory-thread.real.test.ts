import { createHash } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { changedKeysInThread, updateInThread } from './advisories.ts';

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function listen(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ended.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

const LIST = JSON.stringify({
  title: 'Known exploited',
  catalogVersion: '2026.08.07',
  dateReleased: '2026-08-07T00:00:00.000Z',
  count: 1,
  vulnerabilities: [
    {
      cveID: 'CVE-2021-44228',
      vendorProject: 'Apache',
      product: 'Log4j2',
      vulnerabilityName: 'x',
      dateAdded: '2021-12-10',
      shortDescription: '',
      requiredAction: '',
      dueDate: '2021-12-24',
      knownRansomwareCampaignUse: 'Known',
      notes: '',
    },
  ],
});

const PATH = 'cisa-kev/known_exploited_vulnerabilities.json';

/** A mirror that sends whoever asks for the list to another origin of this machine. */
async function redirectingMirror(): Promise<string> {
  const elsewhere = await listen((_request, response) => response.end(LIST));
  const files = [{ path: PATH, bytes: LIST.length, sha256: createHash('sha256').update(LIST).digest('hex') }];
  const manifest = JSON.stringify([{ id: 'cisa-kev', snapshotDate: '2026-08-07', files }]);
  return listen((request, response) => {
    if (request.url === '/MANIFEST.json') response.end(manifest);
    else response.writeHead(302, { location: `${elsewhere}${request.url}` }).end();
  });
}

async function refresh(allowedNetworks: readonly string[]) {
  const cacheDir = await mkdtemp(join(tmpdir(), 'hullcheck-refresh-'));
  ended.push(() => rm(cacheDir, { recursive: true, force: true }));
  const task = {
    cacheDir,
    current: null,
    source: { kind: 'mirror' as const, location: await redirectingMirror() },
    now: '2026-09-01T00:00:00Z',
    proxyEnvironment: {},
    allowedNetworks,
    also: [],
    allowShrink: false,
  };
  return updateInThread(task, new AbortController().signal, () => undefined);
}

test('a refresh follows a redirect into a network that the operator allows', async () => {
  expect((await refresh(['loopback'])).feeds).toMatchObject([{ id: 'cisa-kev', state: 'loaded', records: 1 }]);
});

test('and into no other one', async () => {
  await expect(refresh([])).rejects.toThrow(/address that is not allowed/);
});

test('a thread stays for the comparison that follows a refresh; one that is busy or was cancelled serves nobody else', async () => {
  let started = 0;
  const count = () => {
    started += 1;
  };
  channel('worker_threads').subscribe(count);
  ended.push(async () => channel('worker_threads').unsubscribe(count));
  const { signal } = new AbortController();
  const [{ path }] = await Promise.all([refresh(['loopback']), refresh(['loopback'])]);
  const before = started;
  expect(await changedKeysInThread(path, path, signal)).toMatchObject({ packages: [], facts: [] });
  await expect(changedKeysInThread(path, join(path, 'gone'), signal)).rejects.toMatchObject({
    code: 'database-missing',
  });
  expect(started).toBe(before);

  const cancel = new AbortController();
  const cancelled = changedKeysInThread(path, path, cancel.signal);
  cancel.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  expect(await changedKeysInThread(path, path, signal)).toMatchObject({ packages: [] });
  expect(started).toBe(before + 1);
});
