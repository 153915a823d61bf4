import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdvisoryHit, judgeSubject, lookupsOf, type Matchable } from '@hullcheck/core';
import semver from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdvisoryDatabase, buildDatabase, openDatabase } from '../index.ts';

// Real advisories, every version that they name and its neighbours, judged twice: by the matchers over the database that the
// feeds became, and by other programs' reading of the same files: npm's own semver, and the lists of affected versions that
// OSV's evaluator wrote beside PyPA's ranges. Both directions: nothing missed, nothing made up.

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const available = existsSync(path.join(feeds, 'MANIFEST.json'));

/** Advisories mean the plain order: npm's rule that a pre-release matches only its own release is one for installing. */
const ORDER = { includePrerelease: true };

const subject = (type: string, name: string, version: string): Matchable => ({
  type,
  name,
  version,
  source: null,
  distribution: null,
});

describe.skipIf(!available)('verdicts over the whole of a real feed', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'hullcheck-judged-'));
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    const names = ['go-vulndb', 'nodejs-security-wg', 'pypi-pypa'];
    const report = await buildDatabase({
      cacheDir: path.join(work, 'cache'),
      source: { kind: 'mirror', location: feeds },
      now: '2026-09-01T00:00:00Z',
      feeds: names,
    });
    database = openDatabase(report.path);
    for (const name of names) {
      execFileSync('sh', ['-c', 'zstd --long=24 -dcq "$1" | tar -xf - -C "$2"', 'sh', archiveOf(name), work]);
    }
  }, 120_000);
  afterAll(() => {
    database.close();
    rmSync(work, { recursive: true, force: true });
  });

  const hitsOf = (pkg: Matchable): readonly AdvisoryHit[] => database.advisoriesFor(lookupsOf(pkg));
  const affecting = (pkg: Matchable, hits: readonly AdvisoryHit[]): readonly string[] =>
    judgeSubject(pkg, hits, new Map())
      .filter(({ verdict }) => verdict === 'affected')
      .flatMap(({ evidence }) => evidence.advisories.map(({ id }) => id));

  test('npm packages and Node.js itself: as npm reads the ranges', () => {
    const wrong: string[] = [];
    let judged = 0;
    for (const [name, entries] of workingGroup(path.join(work, 'nodejs-security-wg/vuln'))) {
      for (const version of versionsIn(entries.map(({ vulnerable, patched }) => `${vulnerable} ${patched}`))) {
        const pkg = name === '' ? subject('generic', 'node', version) : subject('npm', name, version);
        const ours = affecting(pkg, hitsOf(pkg)).length > 0;
        const vulnerable = entries.filter((entry) => semver.satisfies(version, entry.vulnerable, ORDER));
        const unpatched = vulnerable.filter(({ patched }) => !semver.satisfies(version, patched, ORDER));
        // Where an entry calls one version both, either verdict is a reading of it.
        if ((unpatched.length > 0 && !ours) || (vulnerable.length === 0 && ours)) wrong.push(`${name}@${version}`);
        judged++;
      }
    }
    expect(judged).toBeGreaterThan(3000);
    expect(wrong).toEqual([]);
    const jquery = subject('npm', 'jquery', '3.3.1');
    expect(affecting(jquery, hitsOf(jquery))).toEqual(['CVE-2019-11358', 'CVE-2019-5428']);
  });

  test('Python packages: what OSV lists one by one lies in the ranges too', () => {
    const outside: string[] = [];
    let judged = 0;
    for (const name of readdirSync(path.join(work, 'pypi-pypa/vulns'))) {
      for (const hit of hitsOf(subject('pypi', name, '0')).filter(({ withdrawn }) => withdrawn === null)) {
        const listed = hit.affected.flatMap(({ ranges, versions }) => (ranges.length > 0 ? versions : []));
        const ranged = { ...hit, affected: hit.affected.map((entry) => ({ ...entry, versions: [] })) };
        for (const version of listed) {
          const [verdict] = judgeSubject(subject('pypi', name, version), [ranged], new Map());
          if (verdict?.unparsable != null) continue;
          judged++;
          if (verdict?.verdict !== 'affected') outside.push(`${hit.id} ${version}`);
        }
      }
    }
    expect(judged).toBeGreaterThan(20_000);
    // The records contradict themselves here: a fix that is listed, and pre-releases of the first affected release.
    expect([...new Set(outside)].sort()).toEqual([
      'PYSEC-2023-177 23.9.0',
      'PYSEC-2023-177 23.9.0.post1',
      ...['3.2a1', '3.2b1', '3.2rc1', '4.2a1', '4.2b1', '4.2rc1'].map((version) => `PYSEC-2023-61 ${version}`),
    ]);
  });

  test('Go modules: as the order of semantic versions says', () => {
    const wrong: string[] = [];
    let judged = 0;
    for (const [name, records] of goRecords(path.join(work, 'go-vulndb/data/osv'))) {
      const bounds = records.flatMap(({ ranges }) => ranges.flatMap(({ low, high }) => [low, high ?? '0.0.0']));
      for (const version of versionsIn(bounds)) {
        const pkg = subject('golang', name, `v${version}`);
        const ours = new Set(affecting(pkg, hitsOf(pkg)));
        for (const { id, ranges, custom } of records) {
          const inside = ranges.some(
            ({ low, high }) => semver.gte(version, low) && (high === null || semver.lt(version, high)),
          );
          judged++;
          // Ranges in other numbers (custom_ranges) stay undetermined.
          if (inside !== ours.has(id) && !custom) wrong.push(`${id} ${name}@${version}`);
        }
      }
    }
    expect(judged).toBeGreaterThan(10_000);
    expect(wrong).toEqual([]);
  });
});

function archiveOf(name: string): string {
  return path.join(feeds, name, `${name}.tar.zst`);
}

/** Every full version in the texts, with its neighbours by patch and a pre-release of it; plus some that nobody names. */
function versionsIn(texts: readonly string[]): readonly string[] {
  const found = new Set(['0.0.1', '1.0.0', '4.17.10', '99.0.0']);
  for (const [text] of texts.join(' ').matchAll(/\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?/g)) {
    const version = semver.parse(text);
    if (version === null || version.major >= 99) continue;
    const { major, minor, patch } = version;
    found.add(version.version).add(`${major}.${minor}.${patch + 1}`);
    if (patch > 0) found.add(`${major}.${minor}.${patch - 1}`);
  }
  return [...found].sort();
}

interface Entry {
  readonly vulnerable: string;
  readonly patched: string;
}

/** By module; '' is Node.js itself. */
function workingGroup(folder: string): ReadonlyMap<string, readonly Entry[]> {
  const entries = new Map<string, Entry[]>();
  const add = (name: string, vulnerable: string, patched: string | null): void => {
    if (semver.validRange(vulnerable) === null) return;
    const entry = { vulnerable, patched: patched || '<0.0.0' };
    const known = entries.get(name);
    if (known === undefined) entries.set(name, [entry]);
    else known.push(entry);
  };
  for (const name of readdirSync(path.join(folder, 'npm')).filter((file) => /^\d+\.json$/.test(file))) {
    const entry = readJson(path.join(folder, 'npm', name)) as {
      module_name: string;
      vulnerable_versions: string;
      patched_versions: string | null;
    };
    add(entry.module_name, entry.vulnerable_versions, entry.patched_versions);
    // Two that are written as none of the packages that they mean.
    if (/^(?:jQuery|Morris\.js)$/.test(entry.module_name)) {
      add(entry.module_name.toLowerCase(), entry.vulnerable_versions, entry.patched_versions);
    }
  }
  const core = readJson(path.join(folder, 'core/index.json')) as {
    [key: string]: { vulnerable: string; patched: string | null };
  };
  for (const { vulnerable, patched } of Object.values(core)) add('', vulnerable, patched);
  return entries;
}

interface GoRecord {
  readonly id: string;
  readonly ranges: readonly { readonly low: string; readonly high: string | null }[];
  readonly custom: boolean;
}

/** By module, lower-case names only: the database looks up without regard to case. */
function goRecords(folder: string): ReadonlyMap<string, readonly GoRecord[]> {
  const records = new Map<string, GoRecord[]>();
  for (const file of readdirSync(folder).filter((name) => /^GO-.*\.json$/.test(name))) {
    const { id, withdrawn, affected } = readJson(path.join(folder, file)) as {
      id: string;
      withdrawn?: string;
      affected: {
        package: { name: string };
        ranges?: { events: { introduced?: string; fixed?: string }[] }[];
        ecosystem_specific?: { custom_ranges?: unknown[] };
      }[];
    };
    if (withdrawn !== undefined) continue;
    for (const name of new Set(affected.map((entry) => entry.package.name))) {
      if (name !== name.toLowerCase()) continue;
      const entries = affected.filter((entry) => entry.package.name === name);
      const ranges = entries.flatMap((entry) => (entry.ranges ?? []).flatMap(({ events }) => pairs(events)));
      const custom = entries.some((entry) => (entry.ecosystem_specific?.custom_ranges ?? []).length > 0);
      const known = records.get(name);
      if (known === undefined) records.set(name, [{ id, ranges, custom }]);
      else known.push({ id, ranges, custom });
    }
  }
  return records;
}

function pairs(events: readonly { introduced?: string; fixed?: string }[]): GoRecord['ranges'] {
  const starts = events.flatMap(({ introduced }) => (introduced === undefined ? [] : [introduced]));
  const ends = events.flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed]));
  return starts.map((start, at) => ({ low: start === '0' ? '0.0.0-0' : start, high: ends[at] ?? null }));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
