import { existsSync } from 'node:fs';
import type { Matchable } from '@hullcheck/core';
import { feedsFolder } from '@hullcheck/testkit';
import semver from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askLines, type Bounds, boundsIn, hasProgram, openBounds, orderOf, type Said } from './bounds.testing.ts';

// Advisories of language ecosystems at their bounds, as packaging, Composer, npm's semver and Haskell's policy compare versions, over a
// second reading of the same files in Python.

const READING = String.raw`
def unquoted(text): return text.strip().strip('"\'')
# PyPA: ranges, and versions that are listed one by one.
for text in files('pypi-pypa', r'/PYSEC-[^/]*\.yaml$'):
    identity = re.search(r'^id: *(\S+)', text, re.M)[1]
    withdrawn = re.search(r'^withdrawn:', text, re.M) is not None
    affected = re.search(r'^affected:\n((?:[- ].*\n)*)', text, re.M)
    for entry in re.split(r'(?=^- package:)', affected[1] if affected else '', flags=re.M)[1:]:
        name = unquoted(re.search(r'^    name: *(\S+)', entry, re.M)[1])
        rules = []
        for kind, events in re.findall(r'^  - type: *(\w+)\n((?:    .*\n)*)', entry, re.M):
            if kind == 'ECOSYSTEM': rules += intervals([{key: unquoted(value)} for key, value in re.findall(r'(introduced|fixed|last_affected): *(\S+)', events)])
        listed = re.search(r'^  versions:\n((?:  - .*\n)*)', entry, re.M)
        rules += [[['=', unquoted(line[4:])]] for line in (listed[1].splitlines() if listed else [])]
        say('pypi-pypa', '', re.sub(r'[-_.]+', '-', name).lower(), identity, withdrawn, rules)
for path, text in archive('php-friendsofphp', 'php-friendsofphp.tar.zst'):
    reference = re.search(r'^reference: *[\'"]?composer://([^\s\'"]+)', text, re.M)
    if not path.endswith('.yaml') or not reference: continue
    cve = re.search(r'^cve: *[\'"]?(CVE-\d{4}-\d{4,})', text, re.M)
    rules = [[list(re.fullmatch(r'([<>=]+) *(\S+)', unquoted(clause)).groups()) for clause in line.split(',')] for line in re.findall(r'^ +versions: *\[([^\]]*)\]', text, re.M)]
    name = reference[1].lower()
    say('php-friendsofphp', '', name, cve[1] if cve else 'FOP/' + name + '/' + os.path.basename(path)[:-5], False, rules)
for path, text in archive('haskell-hsec', 'haskell-hsec.tar.zst'):
    if not re.search(r'/published/.*/HSEC-[^/]*\.md$', path): continue
    head = text.split('\x60\x60\x60')[1]
    identity = re.search(r'^id *= *"([^"]*)"', head, re.M)[1]
    for entry in head.split('[[affected]]')[1:]:
        package = re.search(r'^package *= *"([^"]*)"', entry, re.M)
        bounds = re.findall(r'introduced *= *"([^"]*)"(?:\s*fixed *= *"([^"]*)")?', entry)
        if package: say('haskell-hsec', '', package[1], identity, False, [i for start, fixed in bounds for i in intervals([{'introduced': start}] + ([{'fixed': fixed}] if fixed else []))])
for text in files('k8s-official-cve', r'/upstream/CVE-[^/]*\.json$'):
    record = json.loads(text)
    for entry in record['affected']: say('k8s-official-cve', '', entry['package']['name'], record['id'], 'withdrawn' in record, [i for r in entry['ranges'] for i in intervals(r['events'])])
`;

const PACKAGING = String.raw`
import sys
from packaging.version import Version, InvalidVersion
def read(text):
    try: return Version(text)
    except InvalidVersion: return None
for line in sys.stdin:
    a, b = map(read, line.split())
    print('?' if a is None or b is None else (a > b) - (a < b))
`;

const COMPOSER = String.raw`
require '/usr/share/php/Composer/Semver/autoload.php';
$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = array_map([$parser, 'normalize'], explode(' ', trim($line)));
    echo Composer\Semver\Comparator::lessThan($a, $b) ? -1 : (Composer\Semver\Comparator::greaterThan($a, $b) ? 1 : 0), "\n";
}
`;

/** https://pvp.haskell.org/: lists of numbers, compared one by one. */
const POLICY =
  'import sys\nfor line in sys.stdin:\n    a, b = ([int(n) for n in text.split(".")] for text in line.split())\n    print((a > b) - (a < b))';

const of = (type: string, name: string, version: string): Matchable => ({
  type,
  name,
  version,
  source: null,
  distribution: null,
});

describe.skipIf(feedsFolder === undefined)('advisories of language ecosystems at their bounds', () => {
  let bounds: Bounds;
  beforeAll(async () => {
    const feeds = ['haskell-hsec', 'k8s-official-cve', 'php-friendsofphp', 'pypi-pypa'];
    bounds = await openBounds(feedsFolder ?? '', feeds, READING);
  });
  afterAll(() => bounds?.close());

  const expectSame = (
    records: readonly Said[],
    versions: (bound: string) => readonly string[],
    ask: Parameters<typeof orderOf>[2],
    type: string,
    atLeast: number,
  ): void => {
    const order = orderOf(records, versions, ask);
    const found = bounds.compare(records, versions, order, ({ name }, version) => of(type, name, version));
    expect(found).toEqual({ judged: expect.any(Number), wrong: [] });
    expect(found.judged).toBeGreaterThan(atLeast);
  };

  test.skipIf(!hasProgram('/usr/bin/python3', '-c', 'import packaging.version'))('PyPA, as packaging compares', () => {
    const withdrawn = bounds.said('pypi-pypa').filter((one) => one.withdrawn);
    const ranged = bounds.said('pypi-pypa').map((one) => ({ ...one, rules: one.rules.filter(isRange) }));
    // Listed versions are judged in another test, by the thousand: here those that a range names.
    const named = ranged.filter((one, at) => one.rules.length > 0 && at % 5 === 0);
    const records = [...named, ...withdrawn.map((one) => ({ ...one, rules: one.rules.filter(isRange) }))];
    const isPlain = (bound: string) => /^[\w.+-]+$/.test(bound);
    const versions = (bound: string) => [
      bound,
      `${bound}.1`,
      `${bound}.dev1`,
      ...(/\d$/.test(bound) ? [`${bound}rc1`, `${bound}.post1`] : []),
    ];
    expectSame(
      records.filter(({ rules }) => boundsIn(rules).every(isPlain)),
      versions,
      (pairs) => askLines('/usr/bin/python3', ['-c', PACKAGING], pairs),
      'pypi',
      5000,
    );
    expect(withdrawn.length).toBeGreaterThan(5);
  });

  test.skipIf(!hasProgram('php', '-v') || !existsSync('/usr/share/php/Composer/Semver'))(
    'FriendsOfPHP, as Composer compares',
    () => {
      const records = bounds
        .said('php-friendsofphp')
        .filter(({ rules }, at) => at % 4 === 0 && boundsIn(rules).every((bound) => /^\d+(?:\.\d+){0,3}$/.test(bound)));
      // `>=0` is from the first version on.
      const versions = (bound: string) =>
        bound === '0' ? [] : [bound, `${bound}-beta1`, `${bound}-rc2`, next(bound), `v${bound}`];
      expectSame(records, versions, (pairs) => askLines('php', ['-r', COMPOSER], pairs), 'composer', 4000);
    },
  );

  test("Haskell, as Haskell's policy says", () => {
    const records = bounds.said('haskell-hsec');
    const versions = (bound: string) => [bound, next(bound), `${bound}.0`];
    expectSame(records, versions, (pairs) => askLines('/usr/bin/python3', ['-c', POLICY], pairs), 'hackage', 80);
  });

  test("Kubernetes, as npm's semver compares", () => {
    const records = bounds
      .said('k8s-official-cve')
      .filter(({ rules }) => boundsIn(rules).every((bound) => semver.valid(bound) === bound));
    const versions = (bound: string) => [
      bound,
      semver.inc(bound, 'patch') ?? bound,
      `${bound.replace(/-.*/, '')}-alpha.1`,
    ];
    expectSame(records, versions, (pairs) => pairs.map(([a, b]) => String(semver.compare(a, b))), 'k8s', 150);
  });
});

const isRange = (rule: Said['rules'][number]) => typeof rule !== 'string' && rule.every(([word]) => word !== '=');

/** The last number one higher. */
function next(bound: string): string {
  return bound.replace(/\d+$/, (number) => String(Number(number) + 1));
}
