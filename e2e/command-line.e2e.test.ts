import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusArchive, corpusLayout, feedsFolder, type RunResult, runHullcheck } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bookworm = corpusArchive('debian-bookworm');
const bullseye = corpusArchive('debian-bullseye-old');
const alpine = corpusLayout('alpine-3.10');
const available = bookworm !== undefined && bullseye !== undefined && alpine !== undefined;

let folder: string;
const scan = (...args: readonly string[]): Promise<RunResult> =>
  runHullcheck(['scan', ...args, '--offline', '--cache', join(folder, 'cache')], {
    cwd: folder,
    env: { HOME: folder },
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('hullcheck without a console', () => {
  it('answers version and help', async () => {
    expect(await runHullcheck(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const help = await runHullcheck(['scan', '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('--fail-on');
  });

  it('compares versions, one pair a line from standard input', async () => {
    const result = await runHullcheck(['versions', 'compare', 'deb'], {
      input: '1.0-1\t1.0-1+b1\n1:0.1\t2.0\n1~rc1\t1\n1\t1\nx y\t1\n',
    });
    expect(result).toMatchObject({ code: 0, stdout: '<\n>\n<\n=\n?\n' });
    expect((await runHullcheck(['versions', 'compare', 'pep440', '1.0.dev1', '1.0a1'])).stdout).toBe('<\n');
    expect((await runHullcheck(['versions', 'satisfies', 'npm', '1.2.3', '^1.2.0'])).stdout).toBe('yes\n');
    expect((await runHullcheck(['versions', 'satisfies', 'semver', 'nonsense', '<1'])).stdout).toBe('?\n');
  });

  it('shows the age of the starter database', async () => {
    const result = await runHullcheck(['db', 'status', '--cache', join(folder, 'cache')]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('starter database');
    expect(result.stdout).toMatch(/debian-tracker\s+\d{4}-\d\d-\d\d\s+\d+ days? old/);
  });

  it('judges single purls and lists of them', async () => {
    const one = await scan('pkg:pypi/jinja2@2.10', '-f', 'json');
    expect(one.stderr).toBe('');
    const report = JSON.parse(one.stdout);
    expect(report.findings.map((finding: { id: string }) => finding.id)).toContain('CVE-2019-10906');
    writeFileSync(join(folder, 'list.txt'), 'pkg:pypi/jinja2@2.10\npkg:golang/golang.org/x/net@v0.1.0\nbroken\n');
    const list = JSON.parse((await scan('purl:list.txt', '-f', 'json')).stdout);
    expect(list.packages).toHaveLength(2);
    expect(list.assessment.problems).toContainEqual(expect.objectContaining({ path: 'list.txt:3' }));
  });

  it.each([
    [['-o', 'json', 'pkg:npm/a@1.0.0'], '-f json'],
    [['-f', 'high', 'pkg:npm/a@1.0.0'], '--severity high'],
    [['--fail-on', 'json', 'pkg:npm/a@1.0.0'], '-f json'],
    [['-f', 'nonsense', 'pkg:npm/a@1.0.0'], 'Formats: cyclonedx, json, table'],
    [['oci:folder'], 'oci-dir:folder'],
    [[], 'hullcheck scan debian:12'],
  ])('answers %j with the right spelling', async (args, spelling) => {
    const result = await scan(...args);
    expect(result.code).toBe(1);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(spelling);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe.skipIf(!available)('hullcheck scan of real images', () => {
  it('lists what dpkg lists and ranks worst first', async () => {
    const result = await scan(`docker-archive:${bullseye}`, '-f', 'json');
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    const report = JSON.parse(result.stdout);
    expect(report).toMatchObject({
      schemaVersion: 1,
      image: { os: { id: 'debian', version: '11' } },
      assessment: { state: 'partial', readBy: 'console' },
    });
    expect(report.summary.total).toBeGreaterThan(50);
    const risks = report.findings.map((finding: { risk: number }) => finding.risk);
    expect(risks).toEqual(risks.toSorted((a: number, b: number) => b - a));
    expect(report.risk.score).toBeGreaterThanOrEqual(risks[0]);
    expect(report.risk.score).toBeLessThanOrEqual(1000);
  });

  it('gives the same result for archive, standard input and --input', async () => {
    const layout = corpusLayout('debian-bullseye-old');
    const [archive, input, oci] = await Promise.all([
      scan(`docker-archive:${bullseye}`, '-f', 'json'),
      scan('--input', String(bullseye), '-f', 'json'),
      scan(`oci-dir:${layout}`, '-f', 'json'),
    ]);
    const piped = await runHullcheck(['scan', '-', '-f', 'json', '--offline', '--cache', join(folder, 'cache')], {
      input: readFileSync(String(bullseye)),
    });
    const core = (result: RunResult) => {
      const { packages, findings, summary, risk } = JSON.parse(result.stdout);
      return { packages, findings, summary, risk };
    };
    const expected = core(archive);
    expect(expected.packages.length).toBe(149);
    expect(core(input)).toEqual(expected);
    expect(core(piped)).toEqual(expected);
    expect(core(oci)).toEqual(expected);
  });

  it('keeps to the promised exit codes', async () => {
    const target = `docker-archive:${bullseye}`;
    expect((await scan(target, '-q')).code).toBe(0);
    expect((await scan(target, '--fail-on', 'high', '-q')).code).toBe(2);
    expect((await scan(target, '--fail-on', 'high', '--exit-code', '7', '-q')).code).toBe(7);
    expect((await scan(target, '--exit-code', '9', '-q')).code).toBe(9);
    expect((await scan(target, '-s', 'CRITICAL', '--only-fixed', '-f', 'json')).code).toBe(0);
  });

  it('writes several formats at once, each whole', async () => {
    const result = await scan(
      `oci-dir:${alpine}`,
      '-f',
      'table',
      '-f',
      `json=${join(folder, 'a.json')}`,
      '-f',
      `cyclonedx=${join(folder, 'a.cdx.json')}`,
    );
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('Alpine Linux v3.10');
    expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')).packages).toHaveLength(14);
    expect(JSON.parse(readFileSync(join(folder, 'a.cdx.json'), 'utf8'))).toMatchObject({ bomFormat: 'CycloneDX' });
  });

  it('finds the same through its own SBOM', async () => {
    const direct = JSON.parse((await scan(`docker-archive:${bullseye}`, '-f', 'json')).stdout);
    const sbom = await runHullcheck(
      ['sbom', `docker-archive:${bullseye}`, '-f', 'cyclonedx', '-o', 'bullseye.cdx.json'],
      { cwd: folder },
    );
    expect(sbom).toMatchObject({ code: 0, stdout: '' });
    const again = JSON.parse((await scan('sbom:bullseye.cdx.json', '-f', 'json')).stdout);
    const keys = (report: { findings: { id: string; package: { purl: string } }[] }) =>
      report.findings.map((finding) => `${finding.id} ${finding.package.purl}`).toSorted();
    expect(direct.findings.length).toBeGreaterThan(100);
    expect(keys(again)).toEqual(keys(direct));
  });

  it('reads a folder as a root file system', async () => {
    mkdirSync(join(folder, 'root/var/lib/dpkg'), { recursive: true });
    mkdirSync(join(folder, 'root/etc'), { recursive: true });
    writeFileSync(
      join(folder, 'root/etc/os-release'),
      'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
    );
    writeFileSync(
      join(folder, 'root/var/lib/dpkg/status'),
      'Package: libssl1.1\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 1.1.1k-1\n\n',
    );
    const report = JSON.parse((await scan('dir:root', '-f', 'json')).stdout);
    expect(report.packages).toEqual([
      expect.objectContaining({ name: 'libssl1.1', source: { name: 'openssl', version: '1.1.1k-1' } }),
    ]);
    expect(report.findings.map((finding: { id: string }) => finding.id)).toContain('CVE-2022-0778');
  });

  describe('bad input', () => {
    const refused = async (target: string, words: RegExp) => {
      const result = await scan(target, '--no-cache');
      expect(result.code).toBe(1);
      expect(result.stdout).toBe('');
      expect(result.stderr).toMatch(words);
      expect(result.stderr).not.toMatch(/\n\s+at /);
    };

    it('names a file that is not there, or no archive', async () => {
      await refused('docker-archive:absent.tar', /absent\.tar/);
      writeFileSync(join(folder, 'text.tar'), 'not an archive at all\n'.repeat(100));
      await refused('docker-archive:text.tar', /text\.tar/);
      writeFileSync(join(folder, 'empty.tar'), Buffer.alloc(10_240));
      await refused('docker-archive:empty.tar', /no manifest\.json or index\.json in empty\.tar/);
    });

    it('names a truncated archive', async () => {
      copyFileSync(String(bookworm), join(folder, 'cut.tar'));
      truncateSync(join(folder, 'cut.tar'), 40_000_000);
      await refused('docker-archive:cut.tar', /cut\.tar|ends early|truncated/i);
    });

    it('refuses a layer whose bytes are not what its digest says', async () => {
      const bytes = readFileSync(String(alpine && corpusArchive('alpine-3.10')));
      // One byte inside the layer's first file body; the tar headers stay whole.
      const at = bytes.indexOf('ID=alpine');
      expect(at).toBeGreaterThan(0);
      bytes.write('ID=alpinf', at);
      writeFileSync(join(folder, 'changed.tar'), bytes);
      await refused('docker-archive:changed.tar', /sha256:[0-9a-f]{12}/);
    });

    it('names a registry that is not there, without a stack trace', async () => {
      const result = await runHullcheck(
        ['scan', 'registry:127.0.0.1:9/team/app:1', '--cache', join(folder, 'cache'), '--timeout', '30'],
        { cwd: folder },
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/127\.0\.0\.1:9/);
    });
  });
});

describe.skipIf(feedsFolder === undefined)('hullcheck db', () => {
  it('builds from a mirror, verifies, exports, imports, and leaves a damaged file out', async () => {
    const cache = join(folder, 'db-cache');
    // Some of the mirror's feeds: of all, the tests of the database itself make one.
    const mirror = join(folder, 'mirror');
    const ids = ['alpine-secdb', 'cisa-kev', 'epss', 'go-vulndb', 'pypi-pypa'];
    for (const id of ids) cpSync(join(String(feedsFolder), id), join(mirror, id), { recursive: true });
    const manifest: { id: string }[] = JSON.parse(readFileSync(join(String(feedsFolder), 'MANIFEST.json'), 'utf8'));
    writeFileSync(join(mirror, 'MANIFEST.json'), JSON.stringify(manifest.filter(({ id }) => ids.includes(id))));
    const built = await runHullcheck(['db', 'build', '--feeds', mirror, '--cache', cache]);
    expect(built.stdout).toMatch(/^built \S+ /);
    expect((await runHullcheck(['db', 'verify', '--cache', cache])).stdout).toMatch(/^ok /);
    const file = join(folder, 'carried.db.zst');
    expect((await runHullcheck(['db', 'export', file, '--cache', cache])).code).toBe(0);
    const other = join(folder, 'db-cache-2');
    const imported = await runHullcheck(['db', 'import', file, '--cache', other]);
    expect(imported.code).toBe(0);
    const status = JSON.parse((await runHullcheck(['db', 'status', '-f', 'json', '--cache', other])).stdout);
    expect(built.stdout).toContain(status.revision);
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    writeFileSync(join(folder, 'damaged.db.zst'), bytes);
    const damaged = await runHullcheck(['db', 'import', join(folder, 'damaged.db.zst'), '--cache', other]);
    expect(damaged.code).toBe(1);
    expect(damaged.stderr).toContain('damaged.db.zst');
  });
});
