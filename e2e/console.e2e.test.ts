import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConsoleClient,
  consoleClient,
  corpusArchive,
  type StartedHullcheck,
  startHullcheck,
  writePlainImage,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bookworm = corpusArchive('debian-bookworm');
const bullseye = corpusArchive('debian-bullseye-old');
const token = 'end-to-end-bootstrap-token-0123456789abcdef';

interface Running {
  readonly started: StartedHullcheck;
  readonly client: ConsoleClient;
}

/** A console of its own in its own folder; nothing leaves the machine. */
async function startConsole(dataDir: string, port = 0): Promise<Running> {
  const started = startHullcheck(['console', '--data', dataDir, '--listen', `127.0.0.1:${port}`, '--offline'], {
    env: { HULLCHECK_BOOTSTRAP_TOKEN: token, HULLCHECK_LOG_LEVEL: 'warn' },
  });
  const match = await started.until(/Hullcheck is at (http:\/\/[\w.:]+)/, 90_000);
  return { started, client: consoleClient(String(match[1]), token) };
}

describe.skipIf(bookworm === undefined || bullseye === undefined)(
  'the console, from an upload to a ranked list',
  () => {
    let folder: string;
    let running: Running;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'hullcheck-e2e-'));
      running = await startConsole(folder);
    });
    afterAll(async () => {
      await running?.started.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('answers health, readiness, metrics and its own description to anyone', async () => {
      for (const path of ['/healthz', '/readyz', '/metrics', '/api/openapi.json']) {
        expect((await fetch(new URL(path, running.client.url))).status, path).toBe(200);
      }
      expect((await fetch(new URL('/api/v1/images', running.client.url))).status).toBe(401);
    });

    it('prints a one-time link and offers setup while there is no administrator', async () => {
      expect(running.started.output()).toMatch(/\/setup#token=\S+/);
      expect(await running.client.call('session.get', {})).toMatchObject({ setup: true });
    });

    it('ranks uploaded images, most dangerous first, unknown above zero', async () => {
      const { client } = running;
      const plain = join(folder, 'plain.tar');
      writePlainImage(plain, 'corpus/plain', { 'etc/motd': 'nothing that anybody judges\n' });
      const uploads = [
        await client.upload(String(bookworm), 'bookworm.tar'),
        await client.upload(String(bullseye), 'bullseye.tar'),
        await client.upload(plain, 'plain.tar'),
      ];
      for (const upload of uploads) for (const image of upload.images) await client.settled(image.id);
      const rows = await client.images();
      expect(rows).toHaveLength(3);
      expect(rows[0]).toMatchObject({
        repository: expect.stringContaining('debian-bullseye-old'),
        assessment: { state: 'partial' },
      });
      expect(rows[0]?.risk ?? 0).toBeGreaterThan(rows[1]?.risk ?? 1000);
      const unknown = rows.find((row) => row.repository?.includes('plain'));
      expect(unknown).toMatchObject({ risk: null, counts: null, assessment: { state: 'not-assessable' } });
    });

    it('reads a layer once: the same archive again is assessed from what is kept', async () => {
      const { client } = running;
      const upload = await client.upload(String(bullseye), 'again.tar');
      const [first] = upload.images;
      await client.settled(String(first?.id));
      expect(await client.images()).toHaveLength(3);
    });

    it('answers "where is this?" and explains each finding', async () => {
      const { client } = running;
      const [worst] = await client.images();
      const findings = await client.call('images.findings', {
        params: { id: String(worst?.id) },
        query: { limit: 500 },
      });
      const [top] = findings.items;
      expect(top?.explanation).toMatch(/CVSS|vendor/i);
      expect(top?.evidence.advisories.length).toBeGreaterThan(0);
      const affected = await client.call('vulnerabilities.affected', { params: { id: String(top?.id) } });
      expect(affected.images.map((image) => image.id)).toContain(worst?.id);
    });

    it('says of a broken upload what and where, and leaves nothing behind', async () => {
      const file = join(folder, '..', `hullcheck-not-an-image-${process.pid}.tar`);
      writeFileSync(file, 'no archive at all '.repeat(1000));
      await expect(running.client.upload(file, 'broken.tar')).rejects.toMatchObject({ code: 'not-an-image' });
      rmSync(file);
      expect(await running.client.images()).toHaveLength(3);
    });
  },
);

describe.skipIf(bullseye === undefined)('kill -9', () => {
  it('of the console in the middle of an assessment loses nothing that was acknowledged, and the assessment ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hullcheck-kill-'));
    try {
      const first = await startConsole(folder);
      const upload = await first.client.upload(String(bullseye), 'bullseye.tar');
      const [image] = upload.images;
      await first.started.kill();
      const second = await startConsole(folder);
      const row = await second.client.settled(String(image?.id), 150_000);
      expect(row).toMatchObject({ assessment: { state: 'partial' }, packages: 149 });
      expect((await second.client.images()).map((found) => found.id)).toEqual([image?.id]);
      expect(await second.started.stop()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
