import type { Matchable } from '@hullcheck/core';
import { feedsFolder } from '@hullcheck/testkit';
import semver from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askDpkg,
  askRpm,
  type Bounds,
  boundsIn,
  hasProgram,
  type Order,
  openBounds,
  orderOf,
  type Said,
} from './bounds.testing.ts';

// Each advisory at its own bounds: just below, at and just above what it calls introduced, fixed or last affected. Answered by
// our matchers over the database, and by the ecosystem's own comparison over Python's reading of the same files.

const READING = String.raw`
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

describe.skipIf(feedsFolder === undefined)('advisories at their bounds', () => {
  let bounds: Bounds;

  beforeAll(async () => {
    const feeds = ['almalinux-osv', 'bitnami-vulndb', 'debian-tracker', 'rust-rustsec', 'ubuntu-cve-tracker'];
    bounds = await openBounds(feedsFolder ?? '', feeds, READING);
  }, 600_000);
  afterAll(() => bounds?.close());

  test.skipIf(!hasProgram('rpm', '--version'))('AlmaLinux, as rpm compares', () => {
    const records = bounds.said('almalinux-osv').filter((_, at) => at % 11 === 0);
    const versions = (bound: string) => [bound, bound.replace(/-/, '~-'), `${bound}.1`];
    const answers = orderOf(records, versions, (pairs) => askRpm(pairs, bounds.folder));
    const subject = ({ release, name }: Said, version: string): Matchable => ({
      type: 'rpm',
      name,
      version,
      source: null,
      distribution: { id: 'almalinux', release },
    });
    expect(bounds.compare(records, versions, answers, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(records.length).toBeGreaterThan(3000);
  });

  test.skipIf(!hasProgram('dpkg', '--version')).each([
    ['ubuntu-cve-tracker', 'ubuntu', 97],
    ['debian-tracker', 'debian', 43],
  ])('%s, as dpkg compares', (feed, id, every) => {
    const records = bounds.said(feed).filter((_, at) => at % every === 0);
    const versions = (bound: string) => [bound, `${bound}~`, `${bound}+1`];
    const answers = orderOf(records, versions, askDpkg);
    const subject = ({ release, name }: Said, version: string): Matchable => ({
      type: 'deb',
      name: `${name}-binary`,
      version,
      source: { name, version },
      distribution: { id, release },
    });
    expect(bounds.compare(records, versions, answers, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(records.length).toBeGreaterThan(300);
  });

  test('Bitnami, as semantic versions compare, and revisions where an advisory names one', () => {
    const isRead = (bound: string) => /^\d+\.\d+\.\d+(?:-\d{1,6})?$/.test(bound);
    // Java's numbers have tests of their own.
    const all = bounds.said('bitnami-vulndb').filter(({ name }) => !/^(?:java|java-min|jre)$/.test(name));
    const told = all.filter(({ rules }) => boundsIn(rules).every(isRead));
    const revised = told.filter(({ rules }) => boundsIn(rules).some((bound) => bound.includes('-')));
    const records = [...revised, ...told.filter((_, at) => at % 7 === 0)];
    const order: Order = (version, bound) => {
      const [release = '', revision = ''] = version.split('-');
      const [ofBound = '', stated] = bound.split('-');
      const releases = semver.compare(release, ofBound, { loose: true });
      return releases !== 0 || stated === undefined ? releases : Math.sign(Number(revision) - Number(stated));
    };
    const versions = (bound: string) => {
      const [release = '', stated = '0'] = bound.split('-');
      return neighbours(release)
        .filter(isPlain)
        .flatMap((one) => [-1, 0, 1].map((step) => `${one}-${Math.max(0, Number(stated) + step)}`));
    };
    const subject = ({ name }: Said, version: string): Matchable => ({
      type: 'bitnami',
      name,
      version,
      source: null,
      distribution: null,
    });
    expect(bounds.compare(records, versions, order, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(revised.length).toBeGreaterThan(60);
    expect(records.length).toBeGreaterThan(700);
  });

  test("RustSec, as npm's semver reads the requirements", () => {
    const wrong: string[] = [];
    let judged = 0;
    for (const { name, id, withdrawn, rules } of bounds.said('rust-rustsec')) {
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
        if ((bounds.told(pkg, id) === 'affected') !== expected)
          wrong.push(`${id} ${name} ${version}: expected ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(4000);
  });
});

const isPlain = (text: string) => !text.includes('-');

/** A version, the one before and after it by patch, and a pre-release of it. */
function neighbours(text: string): readonly string[] {
  const version = semver.parse(text, { loose: true });
  if (version === null) return [];
  const { major, minor, patch } = version;
  const before = patch > 0 ? [`${major}.${minor}.${patch - 1}`] : [];
  return [version.version, ...before, `${major}.${minor}.${patch + 1}`, `${major}.${minor}.${patch}-alpha.1`];
}
