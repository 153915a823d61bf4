import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdvisoryHit, findMatcher, lookupsOf, type Matchable } from '@hullcheck/core';
import semver from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdvisoryDatabase, buildDatabase, openDatabase } from '../index.ts';

// Each advisory at its own bounds: just below, at and just above what it calls introduced, fixed or last affected. Answered by
// our matchers over the database, and by the ecosystem's own comparison over Python's reading of the same files.

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const available = existsSync(path.join(feeds, 'MANIFEST.json'));
const has = (command: string, option: string) => spawnSync(command, [option]).status === 0;

/**
 * Prints, one JSON list a line: feed, ecosystem or release, package, id, withdrawn, and the intervals as lists of an
 * operator and a bound that must all hold.
 */
const READ = String.raw`
import csv, io, json, os, re, subprocess, sys, tarfile
root = sys.argv[1]
def files(name, pattern):
    raw = subprocess.run(['zstd', '--long=24', '-dcq', os.path.join(root, name, name + '.tar.zst')], capture_output=True, check=True).stdout
    for member in tarfile.open(fileobj=io.BytesIO(raw)):
        if re.search(pattern, member.name): yield raw[member.offset_data:member.offset_data + member.size].decode()
def say(*parts): print(json.dumps(parts))
def intervals(events):
    found, start = [], None
    for event in events:
        if 'introduced' in event: start = event['introduced']
        else:
            end = ['<', event['fixed']] if 'fixed' in event else ['<=', event['last_affected']]
            found.append([end] if start == '0' else [['>=', start], end]); start = None
    return found + ([[['>=', start]] if start != '0' else []] if start is not None else [])
# Red Hat's rebuild: binary packages; builds of module streams are judged by their stream and stay out here.
for text in files('almalinux-osv', r'/ALSA-[^/]*\.json$'):
    record = json.loads(text)
    if not any(r.startswith('CVE-') for r in record.get('related') or []): continue
    said = {}
    for a in record['affected']:
        fixed = [e['fixed'] for r in a['ranges'] for e in r['events'] if 'fixed' in e]
        if any('.module' in f for f in fixed): continue
        said.setdefault((a['package']['ecosystem'].split(':')[1], a['package']['name']), []).extend(fixed)
    for (release, name), fixed in said.items():
        if len(set(fixed)) == 1: say('almalinux-osv', release, name, record['id'], False, [[['<', fixed[0]]]])
# Ubuntu: releases of the archive, where the tracker names the fix.
ubuntu = {r['series']: r['version'].split()[0] for r in csv.DictReader(open(os.path.join(root, 'debian-support-status', 'ubuntu.csv')))}
for text in files('ubuntu-cve-tracker', r'/(active|retired)/CVE-[^/]+$'):
    cve = re.search(r'^Candidate: *(\S+)', text, re.M)
    for series, name, version in re.findall(r'^([a-z]+)_([a-z0-9][a-z0-9+.-]+): *released *\((\d[\w.+:~-]*)\) *$', text, re.M):
        if cve and series in ubuntu and float(ubuntu[series]) >= 12.04: say('ubuntu-cve-tracker', ubuntu[series], name, cve[1], False, [[['<', version]]])
# Debian's announcements for releases and packages that the table does not have.
debian = {r['series']: r['version'] for r in csv.DictReader(open(os.path.join(root, 'debian-support-status', 'debian.csv'))) if r['version']}
table = {(release, package) for package, cves in json.load(open(os.path.join(root, 'debian-tracker', 'tracker.derived.json'))).items() for e in cves.values() for release in e['releases']}
fixes = {}
for kind in ('DSA', 'DLA'):
    for block in re.split(r'\n(?=\[\d)', open(os.path.join(root, 'debian-tracker', 'data', kind, 'list')).read()):
        named = re.search(r'^\s+\{([^}]*)\}', block, re.M)
        for series, package, version in re.findall(r'^\s+\[(\w+)\] - (\S+)\s+([^<\s]\S*)', block, re.M):
            if float(debian[series]) < 8 or (series, package) in table: continue
            for cve in (named[1].split() if named else []):
                if cve.startswith('CVE-'): fixes.setdefault((debian[series], package, cve), set()).add(version)
for (release, package, cve), versions in fixes.items():
    if len(versions) == 1: say('debian-tracker', release, package, cve, False, [[['<', next(iter(versions))]]])
for text in files('bitnami-vulndb', r'/BIT-[^/]*\.json$'):
    record = json.loads(text)
    for a in record['affected']: say('bitnami-vulndb', '', a['package']['name'], record['id'], 'withdrawn' in record, [i for r in a.get('ranges', []) for i in intervals(r['events'])])
for text in files('rust-rustsec', r'/RUSTSEC-[^/]*\.md$'):
    head = text.split('\x60\x60\x60')[1]
    value = lambda key: (re.search(r'^' + key + r' *= *"([^"]*)"', head, re.M) or [None, None])[1]
    if value('informational') not in (None, 'unsound') or value('collection') == 'rust': continue
    lists = [r for key in ('patched', 'unaffected') for block in re.findall(r'^' + key + r' *= *\[(.*?)\]', head, re.M | re.S) for r in re.findall(r'"([^"]*)"', block)]
    say('rust-rustsec', '', value('package'), value('id'), value('withdrawn') is not None, lists)
`;

interface Said {
  readonly feed: string;
  readonly release: string;
  readonly name: string;
  readonly id: string;
  readonly withdrawn: boolean;
  /** Lists of an operator and a bound; of RustSec the requirements of what is not affected. */
  readonly rules: readonly (string | readonly (readonly [string, string])[])[];
}

/** Lists of conditions that any version of a record must meet, `undefined` where the order does not know it. */
type Order = (a: string, b: string) => number | undefined;

describe.skipIf(!available)('advisories at their bounds', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'hullcheck-bounds-'));
  const said = new Map<string, Said[]>();
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    const report = await buildDatabase({
      cacheDir: path.join(work, 'cache'),
      source: { kind: 'mirror', location: feeds },
      now: '2026-09-01T00:00:00Z',
      feeds: ['almalinux-osv', 'bitnami-vulndb', 'debian-tracker', 'rust-rustsec', 'ubuntu-cve-tracker'],
    });
    database = openDatabase(report.path);
    const lines = execFileSync('python3', ['-c', READ, feeds], { encoding: 'utf8', maxBuffer: 1 << 30 });
    for (const line of lines.trim().split('\n')) {
      const [feed, release, name, id, withdrawn, rules] = JSON.parse(line);
      const known = said.get(feed) ?? [];
      said.set(feed, known);
      known.push({ feed, release, name, id, withdrawn, rules });
    }
  }, 600_000);
  afterAll(() => {
    database?.close();
    rmSync(work, { recursive: true, force: true });
  });

  test.skipIf(!has('rpm', '--version'))('AlmaLinux, as rpm compares', () => {
    const records = (said.get('almalinux-osv') ?? []).filter((_, at) => at % 11 === 0);
    const versions = (bound: string) => [bound, bound.replace(/-/, '~-'), `${bound}.1`];
    const answers = orderOf(records, versions, (pairs) => {
      const file = path.join(work, 'rpm-pairs');
      writeFileSync(file, pairs.map(([a, b]) => `${a} ${b}\n`).join(''));
      const script = `%{lua: for line in io.lines("${file}") do local a, b = line:match("(%S+) (%S+)"); print(rpm.vercmp(a, b)) end}`;
      return execFileSync('rpm', ['--eval', script], { encoding: 'utf8', maxBuffer: 1 << 28 }).match(/-1|0|1/g) ?? [];
    });
    const subject = ({ release, name }: Said, version: string): Matchable => ({
      type: 'rpm',
      name,
      version,
      source: null,
      distribution: { id: 'almalinux', release },
    });
    expect(wrongOf(records, versions, answers, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(records.length).toBeGreaterThan(3000);
  });

  test.skipIf(!has('dpkg', '--version')).each([
    ['ubuntu-cve-tracker', 'ubuntu', 97],
    ['debian-tracker', 'debian', 43],
  ])('%s, as dpkg compares', (feed, id, every) => {
    const records = (said.get(feed) ?? []).filter((_, at) => at % every === 0);
    const versions = (bound: string) => [bound, `${bound}~`, `${bound}+1`];
    const answers = orderOf(records, versions, (pairs) => {
      const script = 'while read -r a b; do dpkg --compare-versions "$a" lt "$b" && echo -1 || echo 1; done';
      return execFileSync('sh', ['-c', script], {
        encoding: 'utf8',
        input: pairs.map(([a, b]) => `${a} ${b}\n`).join(''),
      })
        .trim()
        .split('\n');
    });
    const subject = ({ release, name }: Said, version: string): Matchable => ({
      type: 'deb',
      name: `${name}-binary`,
      version,
      source: { name, version },
      distribution: { id, release },
    });
    expect(wrongOf(records, versions, answers, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(records.length).toBeGreaterThan(300);
  });

  test('Bitnami, as semantic versions compare', () => {
    // A number behind a hyphen is Bitnami's own revision, which its packages have and most of its advisories don't.
    const records = (said.get('bitnami-vulndb') ?? []).filter(
      ({ rules }, at) => at % 3 === 0 && bounds(rules).every((bound) => isPlain(bound) && !/-\d+$/.test(bound)),
    );
    const order: Order = (a, b) => semver.compare(a, b);
    const subject = ({ name }: Said, version: string): Matchable => ({
      type: 'bitnami',
      name,
      version,
      source: null,
      distribution: null,
    });
    expect(wrongOf(records, neighbours, order, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(records.length).toBeGreaterThan(1500);
  });

  test("RustSec, as npm's semver reads the requirements", () => {
    const wrong: string[] = [];
    let judged = 0;
    for (const { name, id, withdrawn, rules } of said.get('rust-rustsec') ?? []) {
      // Cargo reads a bare version as `^`, and `< 0.10` as below 0.10.0: npm would keep its pre-releases out.
      const requirements = rules.map((rule) =>
        String(rule)
          .replace(/^ *(?=\d)/, '^')
          .replaceAll(',', ' ')
          .replace(/([<>]=?) *(\d+\.\d+)(?![\d.])/g, '$1$2.0'),
      );
      const named = requirements.flatMap((one) =>
        [...one.matchAll(/\d+\.\d+\.\d+(?:-[\w.-]+)?/g)].map(([text]) => text),
      );
      for (const version of new Set(['0.0.1', '99.0.0', ...named.flatMap(neighbours)])) {
        const pkg: Matchable = { type: 'cargo', name, version, source: null, distribution: null };
        const expected =
          !withdrawn && !requirements.some((one) => semver.satisfies(version, one, { includePrerelease: true }));
        judged += 1;
        if (isAffected(pkg, id) !== expected) wrong.push(`${id} ${name} ${version}: expected ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(4000);
  });

  const isAffected = (pkg: Matchable, id: string): boolean => {
    const hit = hitsOf(pkg).find((one) => one.id === id);
    return hit !== undefined && hit.withdrawn === null && findMatcher(pkg)?.judge(pkg, hit)?.kind === 'affected';
  };

  const asked = new Map<string, readonly AdvisoryHit[]>();
  function hitsOf(pkg: Matchable): readonly AdvisoryHit[] {
    const keys = lookupsOf(pkg);
    const key = JSON.stringify(keys);
    const known = asked.get(key) ?? database.advisoriesFor(keys);
    if (asked.size > 500) asked.clear();
    asked.set(key, known);
    return known;
  }

  function wrongOf(
    records: readonly Said[],
    versionsOf: (bound: string) => readonly string[],
    order: Order,
    subjectOf: (said: Said, version: string) => Matchable,
  ): { readonly judged: number; readonly wrong: readonly string[] } {
    const wrong: string[] = [];
    let judged = 0;
    const byRecord = Map.groupBy(records, ({ release, name, id }) => `${release} ${name} ${id}`);
    for (const [key, group] of byRecord) {
      const [first] = group;
      if (first === undefined) continue;
      const rules = group.flatMap((one) => one.rules);
      for (const version of new Set(bounds(rules).flatMap(versionsOf))) {
        const inside = rules.some(
          (rule) => typeof rule !== 'string' && rule.every(([word, bound]) => holds(word, order(version, bound))),
        );
        judged += 1;
        const expected = inside && !first.withdrawn;
        if (isAffected(subjectOf(first, version), first.id) !== expected) wrong.push(`${key} ${version}: ${expected}`);
      }
    }
    return { judged, wrong: wrong.slice(0, 30) };
  }
});

function bounds(rules: Said['rules']): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (typeof rule === 'string' ? [] : rule.map(([, bound]) => bound))))];
}

/** The order of each version against each bound of its record, asked of a program at once. */
function orderOf(
  records: readonly Said[],
  versionsOf: (bound: string) => readonly string[],
  ask: (pairs: readonly (readonly [string, string])[]) => readonly string[],
): Order {
  const pairs = new Map<string, readonly [string, string]>();
  for (const { rules } of records) {
    const all = bounds(rules);
    for (const bound of all) {
      for (const version of all.flatMap(versionsOf)) pairs.set(`${version} ${bound}`, [version, bound]);
    }
  }
  const answers = ask([...pairs.values()]);
  expect(answers.length).toBe(pairs.size);
  const order = new Map([...pairs.keys()].map((key, at) => [key, Number(answers[at])]));
  return (a, b) => order.get(`${a} ${b}`);
}

function holds(word: string, order: number | undefined): boolean {
  if (order === undefined) throw new Error('a pair that was not compared');
  if (word === '<') return order < 0;
  return word === '<=' ? order <= 0 : order >= 0;
}

const isPlain = (text: string) => semver.valid(text) === text;

/** A version, the one before and after it by patch, and a pre-release of it. */
function neighbours(text: string): readonly string[] {
  const version = semver.parse(text);
  if (version === null) return [];
  const { major, minor, patch } = version;
  const before = patch > 0 ? [`${major}.${minor}.${patch - 1}`] : [];
  return [version.version, ...before, `${major}.${minor}.${patch + 1}`, `${major}.${minor}.${patch}-alpha.1`];
}
