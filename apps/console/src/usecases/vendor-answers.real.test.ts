import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { Report } from '@hullcheck/core';
import { corpusArchive, feedsFolder } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../console.testing.ts';
import { debianFeeds, type Tracker, writeMirrorOf } from './mirror.testing.ts';

const archive = corpusArchive('debian-bookworm');
/** Docker states of it: libc6 is not affected by CVE-2025-4802 (dhi-vex/vex/activemq-artemis). */
const REPOSITORY = 'activemq-artemis';

interface Said {
  readonly id: string;
  readonly part: string | null;
  readonly status: string;
  readonly repository?: string;
}

const document = (said: readonly Said[]) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  author: 'Docker Hardened Images',
  timestamp: '2026-08-01T00:00:00Z',
  statements: said.map(({ id, part, status, repository }) => ({
    vulnerability: { name: id },
    products: [
      {
        '@id': `pkg:docker/dhi/${repository ?? REPOSITORY}`,
        ...(part === null ? {} : { subcomponents: [{ '@id': part }] }),
      },
    ],
    status,
    ...(status === 'not_affected' ? { justification: 'vulnerable_code_not_present' } : {}),
    ...(status === 'affected' ? { action_statement: 'Update.' } : {}),
  })),
});

/** A mirror with a Debian tracker (fixed version by source package and CVE) and Docker's hub: a file of it, or what it says. */
function writeMirror(folder: string, tracker: Tracker, hub: string | readonly Said[]): void {
  const content = typeof hub === 'string' ? readFileSync(hub) : packHub(hub);
  writeMirrorOf(folder, {
    ...debianFeeds(tracker, 400),
    'dhi-vex': { snapshotDate: '2026-08-22', name: 'dhi-vex.tar.zst', content },
  });
}

function packHub(said: readonly Said[]): Buffer {
  // A feed that loses more than a tenth would keep what it had.
  const others = Array.from({ length: 1000 }, (_, at) => ({
    id: `CVE-2020-${at}`,
    part: 'pkg:deb/debian/none',
    status: 'not_affected',
    repository: 'other',
  }));
  const work = mkdtempSync(join(tmpdir(), 'hc-hub-'));
  mkdirSync(join(work, 'main', 'vex'), { recursive: true });
  writeFileSync(join(work, 'main', 'vex', 'a.vex.json'), JSON.stringify(document([...others, ...said])));
  const tar = execFileSync('tar', ['-cf', '-', '-C', work, 'main'], { maxBuffer: 1 << 26 });
  rmSync(work, { recursive: true });
  return zstdCompressSync(tar);
}

/** The same image with another creation date: its own image, with the same packages. */
function rebuilt(source: string, folder: string): string {
  const work = join(folder, 'rebuilt');
  mkdirSync(work);
  execFileSync('tar', ['-xf', source, '-C', work]);
  const manifest = JSON.parse(readFileSync(join(work, 'manifest.json'), 'utf8')) as { Config: string }[];
  const [first] = manifest;
  if (first === undefined) throw new Error('the archive has no image');
  const config = JSON.parse(readFileSync(join(work, first.Config), 'utf8')) as object;
  writeFileSync(join(work, 'rebuilt.json'), JSON.stringify({ ...config, created: '2001-01-01T00:00:00Z' }));
  // It was packed as a file that nobody but root writes to.
  rmSync(join(work, 'manifest.json'));
  writeFileSync(join(work, 'manifest.json'), JSON.stringify([{ ...first, Config: 'rebuilt.json' }]));
  execFileSync('tar', ['-cf', join(folder, 'rebuilt.tar'), '-C', work, '.']);
  return join(folder, 'rebuilt.tar');
}

describe.skipIf(archive === undefined)("vendors' statements on the console", () => {
  let console: TestConsole;
  let mirror: string;
  let vendors: string;
  let copy: string;
  const refresh = async () => {
    const before = await console.client.call('database.get', {});
    await console.client.call('database.refresh', {});
    await console.untilIdle(before.revision);
  };
  const findings = async (id: string) =>
    (await console.client.call('images.findings', { params: { id }, query: { limit: 200 } })).items;
  const told = async (id: string) =>
    (await findings(id))
      .map((one) => `${one.id} ${one.package.name} ${one.status} ${one.setAside?.kind ?? 'counted'}`)
      .sort();
  const total = async (id: string) => (await console.client.call('images.get', { params: { id } })).counts?.total;
  const GLIBC = { 'CVE-2025-4802': '9999' };
  const glibc = ['libc-bin', 'libc6'].map((name) => `CVE-2025-4802 ${name} fixed-available counted`);
  const answered = ['libc-bin', 'libc6'].map((name) => `CVE-2025-4802 ${name} not-affected vendor-statement`);
  const parts = ['libc6', 'libc-bin'].map((name) => ({
    id: 'CVE-2025-4802',
    part: `pkg:deb/debian/${name}`,
    status: 'not_affected',
  }));

  /** What the kept figures say beside a whole judgement of the kept reading. */
  const expectWhole = async (id: string) => {
    const detail = await console.client.call('images.get', { params: { id } });
    const report = (await console.client.call('images.report', { params: { id } })) as unknown as Report;
    const { ignored, ...counts } = report.summary;
    expect(detail).toMatchObject({
      counts,
      risk: report.risk.score,
      riskTotal: report.risk.total,
      assessment: { state: report.assessment.state },
    });
    const row = (one: Report['findings'][number]) =>
      `${one.id} ${one.package.purl} ${one.risk} ${JSON.stringify(one.evidence.vex)}`;
    const kept = await findings(id);
    expect(
      kept
        .filter(({ setAside }) => setAside === undefined)
        .map((one) => row(one as never))
        .sort(),
    ).toEqual(report.findings.map(row).sort());
    const apart = (one: Pick<Report['findings'][number], 'id' | 'package' | 'evidence'>) =>
      `${one.id} ${one.package.purl} ${one.evidence.vex?.source}`;
    expect(
      kept
        .filter(({ setAside }) => setAside !== undefined)
        .map((one) => apart(one as never))
        .sort(),
    ).toEqual(report.ignored.map(({ finding }) => apart(finding)).sort());
    return ignored;
  };

  beforeAll(async () => {
    mirror = mkdtempSync(join(tmpdir(), 'hc-mirror-'));
    writeMirror(mirror, { glibc: GLIBC }, []);
    console = await startTestConsole('vendors', mirror);
    await console.untilIdle(null);
    const upload = async (path: string, name: string) => {
      const { images } = await console.client.upload(path, name);
      const id = images[0]?.id ?? '';
      await console.client.settled(id);
      return id;
    };
    vendors = await upload(String(archive), 'a.tar');
    copy = await upload(rebuilt(String(archive), console.folder), 'b.tar');
  });
  afterAll(async () => {
    await console?.stop();
    rmSync(mirror, { recursive: true, force: true });
  });

  it('an upgrade keeps apart what lies in an image of a vendor, and makes no history of it', async () => {
    expect(vendors).not.toBe(copy);
    // As if the registry of the vendor had served the one: nothing else makes an image his.
    await console.query(
      `update image_result set facts = facts || jsonb_build_object('source', 'registry', 'name', $2::text) where image_id = $1`,
      vendors,
      `dhi.io/${REPOSITORY}:2`,
    );
    await console.restart('1');
    await console.untilIdle(null);
    const [apart] = await console.query(
      `select count(*)::int as n, count(*) filter (where s.body ? 'vendor')::int as apart from occurrence o join subject s on s.id = o.subject_id where o.image_id = $1`,
      vendors,
    );
    expect(apart).toEqual({ n: expect.any(Number), apart: apart?.n });
    const others = `select 1 from occurrence o join subject s on s.id = o.subject_id where o.image_id = $1 and s.body ? 'vendor'`;
    expect(await console.query(others, copy)).toEqual([]);
    expect(await told(vendors)).toEqual(glibc);
    expect((await console.client.call('images.history', { params: { id: vendors } })).items).toEqual([]);
    await expectWhole(vendors);
  });

  it('takes from the totals what the vendor answers, in his image alone, and says by whose word', async () => {
    writeMirror(mirror, { glibc: GLIBC }, parts);
    await refresh();
    expect([await told(vendors), await total(vendors)]).toEqual([answered, 0]);
    expect([await told(copy), await total(copy)]).toEqual([glibc, 2]);
    const [finding] = await findings(vendors);
    const source = expect.stringMatching(/^dhi-vex vex\/a\.vex\.json statements\[100\d\] of 2026-08-01$/);
    expect(finding?.evidence.vex).toEqual({
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      note: null,
      source,
    });
    expect(finding).toMatchObject({ risk: 0, setAside: { kind: 'vendor-statement' } });
    expect(finding?.setAside?.reason).toContain('not_affected, vulnerable_code_not_present');
    expect(await expectWhole(vendors)).toBe(2);
    expect(await expectWhole(copy)).toBe(0);
    const place = await console.client.call('vulnerabilities.affected', { params: { id: 'CVE-2025-4802' } });
    expect(place.images.map(({ id }) => id)).toEqual([copy]);
  });

  it('is a change with its own cause, and judges again nothing but the product that was named', async () => {
    const { items } = await console.client.call('images.history', { params: { id: vendors } });
    expect(items.map(({ event, cause, package: { name } }) => `${event} ${cause} ${name}`).sort()).toEqual([
      'changed vendor-statement libc-bin',
      'changed vendor-statement libc6',
    ]);
    expect(items[0]?.changes).toContainEqual({ field: 'vendor', before: null, after: 'not_affected' });
    expect((await console.client.call('images.history', { params: { id: copy } })).items).toEqual([]);
    const [judged] = await console.query(
      `select count(*) filter (where s.body ? 'vendor')::int as inside, count(*) filter (where not s.body ? 'vendor')::int as outside
       from subject s where s.judged_epoch = (select epoch from active_database)`,
    );
    expect(judged).toMatchObject({ outside: 0 });
    expect(judged?.inside).toBeGreaterThan(50);
  });

  it('counts again what the vendor takes back', async () => {
    writeMirror(mirror, { glibc: GLIBC }, [{ id: 'CVE-2025-4802', part: 'pkg:deb/debian/libc6', status: 'affected' }]);
    await refresh();
    expect(await told(vendors)).toEqual(glibc);
    expect((await findings(vendors)).find(({ package: { name } }) => name === 'libc6')?.evidence.vex?.status).toBe(
      'affected',
    );
    await expectWhole(vendors);
  });

  it('comes to what judging the whole image anew comes to, whatever is stated', async () => {
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const names = ['bash', 'dpkg', 'glibc', 'tar', 'gzip', 'perl', 'util-linux'];
    const binaries = ['bash', 'dpkg', 'libc6', 'libc-bin', 'tar', 'gzip', 'perl-base', 'util-linux', 'mount'];
    let answers = 0;
    for (let round = 0; round < 3; round += 1) {
      const tracker = Object.fromEntries(
        names.map((name) => [
          name,
          Object.fromEntries(
            Array.from({ length: 1 + random(4) }, () => [
              `CVE-2024-${1000 + random(8)}`,
              ['0', '999', '9999'][random(3)] ?? '0',
            ]),
          ),
        ]),
      );
      const said = Array.from({ length: 60 }, (): Said => {
        const part = random(12) === 0 ? null : `pkg:deb/debian/${binaries[random(binaries.length)]}`;
        const status = ['not_affected', 'fixed', 'affected', 'under_investigation'][random(4)] ?? 'fixed';
        return { id: `CVE-2024-${1000 + random(8)}`, part, status };
      });
      writeMirror(mirror, tracker, said);
      await refresh();
      answers += await expectWhole(vendors);
      expect(await expectWhole(copy)).toBe(0);
    }
    expect(answers).toBeGreaterThan(5);
  });

  it.skipIf(feedsFolder === undefined)("applies what Docker's own hub says today", async () => {
    writeMirror(
      mirror,
      { glibc: GLIBC, bash: { 'CVE-2024-0001': '9999' } },
      join(feedsFolder ?? '', 'dhi-vex', 'dhi-vex.tar.zst'),
    );
    await refresh();
    expect(await told(vendors)).toEqual(['CVE-2024-0001 bash fixed-available counted', ...answered]);
    expect(await told(copy)).toEqual(['CVE-2024-0001 bash fixed-available counted', ...glibc]);
    expect(await expectWhole(vendors)).toBe(2);
  });
});
