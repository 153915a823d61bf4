import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildDatabase, exportDatabase } from '@hullcheck/advisories';
import { corpusArchive, feedsFolder } from '@hullcheck/testkit';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from '../../main.ts';
import type { RunningConsole } from '../../options.ts';

const token = 'bootstrap-token-of-the-test-0123456789';
const log = pino({ level: 'silent' });
const archive = corpusArchive('go-rust');
const ended = corpusArchive('debian-bullseye-old');

describe.skipIf(archive === undefined || feedsFolder === undefined)('packages without support, on the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-image-support-'));
  let running: RunningConsole;
  // biome-ignore lint/suspicious/noExplicitAny: the test looks into answers whose schema the console has checked
  const ask = async (path: string, init: RequestInit = {}): Promise<any> => {
    const response = await fetch(running.url + path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
    });
    return response.json();
  };

  beforeAll(async () => {
    const built = await buildDatabase({
      cacheDir: join(folder, 'cache'),
      source: { kind: 'mirror', location: feedsFolder ?? '' },
      now: '2026-09-01T00:00:00Z',
      feeds: ['debian-tracker', 'endoflife', 'go-vulndb'],
    });
    const starterPath = join(folder, 'starter.db.zst');
    await exportDatabase(built.path, starterPath);
    running = await runConsole({
      dataDir: join(folder, 'data'),
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      starterPath,
      version: '0.0.0-test',
      log,
      bootstrapToken: token,
    });
  }, 180_000);
  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(ended === undefined)(
    'and releases that have ended: the image says on which day its advisories did',
    async () => {
      const uploaded = await ask('/api/v1/uploads?name=old.tar', { method: 'POST', body: readFileSync(ended ?? '') });
      const [{ id }] = uploaded.images;
      while ((await ask(`/api/v1/images/${id}`)).assessment.assessedAt === null) await sleep(200);
      const image = await ask(`/api/v1/images/${id}`);
      const report = await ask(`/api/v1/images/${id}/report`);
      expect(image.problems).toEqual(report.assessment.problems);
      expect(image.problems).toContainEqual(
        expect.objectContaining({ code: 'release-ended', detail: expect.stringContaining('ended on 2026-08-31') }),
      );
      expect(image.assessment.state).toBe('partial');
      expect(image.assessment.reason).toContain('ended on 2026-08-31');
    },
    180_000,
  );

  it('are those of the report, each finding of them among the findings', async () => {
    const uploaded = await ask('/api/v1/uploads?name=go.tar', { method: 'POST', body: readFileSync(archive ?? '') });
    const [{ id }] = uploaded.images;
    while ((await ask(`/api/v1/images/${id}`)).assessment.assessedAt === null) await sleep(200);
    const { items } = await ask(`/api/v1/images/${id}/support`);
    const report = await ask(`/api/v1/images/${id}/report`);
    expect(items).toEqual(report.assessment.support);
    expect(items.map(({ subject, status, since }: (typeof items)[number]) => [subject, status, since])).toEqual(
      expect.arrayContaining([
        ['Go 1.20', 'ended', '2024-02-06'],
        ['Go 1.21', 'ended', '2024-08-13'],
      ]),
    );
    const purls = new Set(items.map(({ purl }: { purl: string }) => purl));
    const said = report.findings.filter(({ support }: { support?: object }) => support !== undefined);
    expect(said.length).toBeGreaterThan(0);
    for (const finding of report.findings)
      expect([finding.id, finding.support !== undefined]).toEqual([finding.id, purls.has(finding.package.purl)]);
  }, 180_000);
});
