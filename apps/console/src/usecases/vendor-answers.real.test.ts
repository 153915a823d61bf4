import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import type { Report } from '@hullcheck/core';
import { type ConsoleClient, consoleClient, corpusArchive, feedsFolder } from '@hullcheck/testkit';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConsole } from '../main.ts';
import type { RunningConsole } from '../options.ts';

const token = 'vendor-answers-bootstrap-token-01234567';
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
function writeMirror(
  folder: string,
  tracker: { readonly [name: string]: { readonly [cve: string]: string } },
  hub: string | readonly Said[],
): void {
  const filler = Array.from({ length: 400 }, (_, at) => [`filler-${at}`, { [`CVE-2020-${1000 + at}`]: '1' }] as const);
  const release = (fixed: string) => ({ releases: { bookworm: { status: 'resolved', fixed_version: fixed } } });
  const packages = Object.fromEntries(
    [...filler, ...Object.entries(tracker)].map(([name, cves]) => [
      name,
      Object.fromEntries(Object.entries(cves).map(([id, fixed]) => [id, release(fixed)])),
    ]),
  );
  const entry = (id: string, snapshotDate: string, name: string) => {
    const bytes = readFileSync(join(folder, id, name));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { id, snapshotDate, files: [{ path: `${id}/${name}`, bytes: bytes.byteLength, sha256 }] };
  };
  for (const id of ['debian-tracker', 'debian-support-status', 'dhi-vex'])
    mkdirSync(join(folder, id), { recursive: true });
  writeFileSync(join(folder, 'debian-tracker', 'tracker.derived.json'), JSON.stringify(packages));
  writeFileSync(join(folder, 'debian-support-status', 'debian.csv'), 'version,series\n12,bookworm\n');
  if (typeof hub === 'string') copyFileSync(hub, join(folder, 'dhi-vex', 'dhi-vex.tar.zst'));
  else {
    // A feed that loses more than a tenth would keep what it had.
    const others = Array.from({ length: 1000 }, (_, at) => ({
      id: `CVE-2020-${at}`,
      part: 'pkg:deb/debian/none',
      status: 'not_affected',
      repository: 'other',
    }));
    const work = mkdtempSync('/tmp/hc-hub-');
    mkdirSync(join(work, 'main', 'vex'), { recursive: true });
    writeFileSync(join(work, 'main', 'vex', 'a.vex.json'), JSON.stringify(document([...others, ...hub])));
    const tar = execFileSync('tar', ['-cf', '-', '-C', work, 'main'], { maxBuffer: 1 << 26 });
    writeFileSync(join(folder, 'dhi-vex', 'dhi-vex.tar.zst'), zstdCompressSync(tar));
    rmSync(work, { recursive: true });
  }
  writeFileSync(
    join(folder, 'MANIFEST.json'),
    JSON.stringify([
      entry('debian-tracker', '2026-08-21', 'tracker.derived.json'),
      entry('debian-support-status', '2026-06-30', 'debian.csv'),
      entry('dhi-vex', '2026-08-22', 'dhi-vex.tar.zst'),
    ]),
  );
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
  writeFileSync(join(work, 'manifest.json'), JSON.stringify([{ ...first, Config: 'rebuilt.json' }]));
  execFileSync('tar', ['-cf', join(folder, 'rebuilt.tar'), '-C', work, '.']);
  return join(folder, 'rebuilt.tar');
}

describe.skipIf(archive === undefined)("vendors' statements on the console", () => {
  let folder: string;
  let mirror: string;
  let running: RunningConsole;
  let vendors: string;
  let copy: string;
  const client = (): ConsoleClient => consoleClient(running.url, token);
  const untilIdle = async (revision: string | null) => {
    for (let tries = 0; tries < 400; tries += 1) {
      const status = await client().call('database.get', {});
      const jobs = await client().call('jobs.list', {});
      const busy = jobs.items.some((job) => job.state === 'queued' || job.state === 'running');
      if (status.activity === 'idle' && !busy && status.revision !== revision) return status;
      await sleep(100);
    }
    throw new Error('the database did not change');
  };
  const refresh = async () => {
    const before = await client().call('database.get', {});
    await client().call('database.refresh', {});
    await untilIdle(before.revision);
  };
  const start = (version: string) =>
    runConsole({
      dataDir: folder,
      listen: '127.0.0.1:0',
      role: 'all',
      offline: true,
      feeds: mirror,
      starterPath: join(folder, 'no-starter'),
      version,
      log: pino({ level: 'silent' }),
      bootstrapToken: token,
    });
  const query = async (
    statement: string,
    ...values: readonly unknown[]
  ): Promise<readonly Record<string, unknown>[]> => {
    const sql = new pg.Client({
      host: join(folder, 'postgres', 'run'),
      user: 'hullcheck',
      database: 'hullcheck',
      password: readFileSync(join(folder, 'postgres-password'), 'utf8'),
    });
    await sql.connect();
    try {
      return (await sql.query(statement, [...values])).rows;
    } finally {
      await sql.end();
    }
  };
  const findings = async (id: string) =>
    (await client().call('images.findings', { params: { id }, query: { limit: 200 } })).items;
  const told = async (id: string) =>
    (await findings(id))
      .map((one) => `${one.id} ${one.package.name} ${one.status} ${one.setAside?.kind ?? 'counted'}`)
      .sort();
  const total = async (id: string) => (await client().call('images.get', { params: { id } })).counts?.total;
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
    const detail = await client().call('images.get', { params: { id } });
    const report = (await client().call('images.report', { params: { id } })) as unknown as Report;
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
    folder = mkdtempSync('/tmp/hc-vendors-');
    mirror = mkdtempSync('/tmp/hc-mirror-');
    writeMirror(mirror, { glibc: GLIBC }, []);
    running = await start('0');
    await untilIdle(null);
    const upload = async (path: string, name: string) => {
      const { images } = await client().upload(path, name);
      const id = images[0]?.id ?? '';
      await client().settled(id);
      return id;
    };
    vendors = await upload(String(archive), 'a.tar');
    copy = await upload(rebuilt(String(archive), folder), 'b.tar');
  });
  afterAll(async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(mirror, { recursive: true, force: true });
  });

  it('an upgrade keeps apart what lies in an image of a vendor, and makes no history of it', async () => {
    expect(vendors).not.toBe(copy);
    // As if the registry of the vendor had served the one: nothing else makes an image his.
    await query(
      `update image_result set facts = facts || jsonb_build_object('source', 'registry', 'name', $2::text) where image_id = $1`,
      vendors,
      `dhi.io/${REPOSITORY}:2`,
    );
    await running.stop();
    running = await start('1');
    await untilIdle(null);
    const [apart] = await query(
      `select count(*)::int as n, count(*) filter (where s.body ? 'vendor')::int as apart from occurrence o join subject s on s.id = o.subject_id where o.image_id = $1`,
      vendors,
    );
    expect(apart).toEqual({ n: expect.any(Number), apart: apart?.n });
    const others = `select 1 from occurrence o join subject s on s.id = o.subject_id where o.image_id = $1 and s.body ? 'vendor'`;
    expect(await query(others, copy)).toEqual([]);
    expect(await told(vendors)).toEqual(glibc);
    expect((await client().call('images.history', { params: { id: vendors } })).items).toEqual([]);
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
    const place = await client().call('vulnerabilities.affected', { params: { id: 'CVE-2025-4802' } });
    expect(place.images.map(({ id }) => id)).toEqual([copy]);
  });

  it('is a change with its own cause, and judges again nothing but the product that was named', async () => {
    const { items } = await client().call('images.history', { params: { id: vendors } });
    expect(items.map(({ event, cause, package: { name } }) => `${event} ${cause} ${name}`).sort()).toEqual([
      'changed vendor-statement libc-bin',
      'changed vendor-statement libc6',
    ]);
    expect(items[0]?.changes).toContainEqual({ field: 'vendor', before: null, after: 'not_affected' });
    expect((await client().call('images.history', { params: { id: copy } })).items).toEqual([]);
    const [judged] = await query(
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
