import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writePlainImage } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, bootstrap, type CalledConsole, onEveryEngine, startCalledConsole } from './called-console.testing.ts';

onEveryEngine('an archive that is uploaded to the console', (engine) => {
  let console: CalledConsole;
  beforeAll(async () => {
    console = await startCalledConsole(engine);
  });
  afterAll(() => console?.stop());

  describe('from an upload to a ranked list', () => {
    it('assesses what it is given, and reads the layers of a known one no second time', async () => {
      const { status, body } = await console.upload(archive('debian-bullseye-old'), 'bullseye.tar');
      expect(status).toBe(201);
      const [first] = body.images;
      const image = await console.settled(first.id);
      expect(image.assessment).toMatchObject({ state: 'partial', readBy: 'console' });
      expect(image.os).toMatchObject({ id: 'debian' });
      expect(image.counts.total).toBeGreaterThan(300);
      expect(image.explanation).toMatch(/^CVE-/);
      const again = await console.upload(archive('debian-bullseye-old'), 'again.tar');
      expect(again.body.images[0].id).toBe(first.id);
      const after = await console.settled(first.id);
      expect(after.sources.map((source: { name: string }) => source.name)).toEqual(['again.tar', 'bullseye.tar']);
      const findings = (await console.call('viewer', 'GET', `/api/v1/images/${first.id}/findings?limit=500`)).body;
      expect(findings.total.value).toBe(image.counts.total);
      const risks = findings.items.map((finding: { risk: number }) => finding.risk);
      expect(risks).toEqual([...risks].sort((a, b) => b - a));
      const whole = (await console.call('viewer', 'GET', `/api/v1/images/${first.id}/report`)).body;
      expect(whole.summary.total).toBe(image.counts.total);
      expect(whole.risk.score).toBe(image.risk);
      const layers = (await console.call('viewer', 'GET', `/api/v1/images/${first.id}/layers`)).body.items;
      expect(
        layers
          .filter((layer: { empty: boolean }) => !layer.empty)
          .every((layer: { readBy: string }) => layer.readBy === 'console'),
      ).toBe(true);
      const where = (
        await console.call('viewer', 'GET', `/api/v1/vulnerabilities/${findings.items[0].id.toLowerCase()}/affected`)
      ).body;
      expect(where.images.map((found: { id: string }) => found.id)).toEqual([first.id]);
    });

    it('lists the worst first, with what nobody can judge above what has no risk', async () => {
      const plain = join(console.folder, 'plain.tar');
      writePlainImage(plain, 'corpus/plain', { 'etc/motd': 'nothing that anybody judges\n' });
      for (const file of [archive('alpine-3.10'), plain, archive('node-app')]) {
        const { body } = await console.upload(file, basename(file));
        for (const image of body.images) await console.settled(image.id);
      }
      const { body } = await console.call('viewer', 'GET', '/api/v1/images?sort=-risk&limit=10');
      const risks = body.items.map((image: { risk: number | null }) => image.risk);
      expect(risks).toHaveLength(4);
      expect(risks).toEqual([risks[0], risks[1], null, 0]);
      expect(risks[0]).toBeGreaterThan(risks[1]);
      expect(body.items[2].assessment.state).toBe('not-assessable');
      expect(body.items[2].counts).toBeNull();
      const found = (await console.call('viewer', 'GET', '/api/v1/images?q=apk-tools')).body;
      expect(found.items.map((image: { repository: string }) => image.repository)).toEqual(['corpus/alpine-3.10']);
    });

    it('removes an archive once nothing needs it', async () => {
      for (let tries = 0; tries < 400 && readdirSync(join(console.folder, 'uploads')).length > 0; tries += 1)
        await sleep(100);
      expect(readdirSync(join(console.folder, 'uploads'))).toEqual([]);
    });

    it.each([
      ['nothing', Buffer.alloc(0), 'not-an-image'],
      ['text', Buffer.from('hello'), undefined],
      ['zeros', Buffer.alloc(100_000), undefined],
      ['half an archive', undefined, undefined],
    ])('refuses %s with a reason, and keeps nothing of it', async (name, bytes, code) => {
      const body = bytes ?? readFileSync(archive('alpine-3.10')).subarray(0, 2_000_000);
      const before = (await console.call(bootstrap, 'GET', '/api/v1/uploads')).body.total.value;
      const answer = await console.call(bootstrap, 'POST', `/api/v1/uploads?name=${encodeURIComponent(name)}`, body);
      expect(answer.status).toBe(422);
      expect(['not-an-image', 'truncated', 'unsupported', 'digest-mismatch']).toContain(answer.body.code);
      if (code !== undefined) expect(answer.body.code).toBe(code);
      expect(answer.body.message).not.toContain(console.folder);
      expect(readdirSync(join(console.folder, 'uploads'))).toEqual([]);
      expect((await console.call(bootstrap, 'GET', '/api/v1/uploads')).body.total.value).toBe(before);
    });

    it('leaves nothing of an upload that breaks off', async () => {
      const controller = new AbortController();
      const size = statSync(archive('debian-bullseye-old')).size;
      async function* half() {
        yield new Uint8Array(1_000_000);
        await sleep(200);
        controller.abort();
        yield new Uint8Array(1_000_000);
      }
      const sent = fetch(`${console.running.url}/api/v1/uploads?name=x`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bootstrap}`, 'content-length': String(size) },
        body: half() as never,
        duplex: 'half',
        signal: controller.signal,
      } as RequestInit);
      await expect(sent).rejects.toThrow();
      for (let tries = 0; tries < 50 && readdirSync(join(console.folder, 'uploads')).length > 0; tries += 1)
        await sleep(100);
      expect(readdirSync(join(console.folder, 'uploads'))).toEqual([]);
    });
  });
});
