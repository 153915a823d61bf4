import { readFileSync } from 'node:fs';
import type { Matchable } from '@hullcheck/core';
import { feedsFolder } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askLines, type Bounds, boundsIn, openBounds, orderOf, type Said } from './bounds.testing.ts';

// Alpine's advisories at their bounds, by a second reading in Python and an order of versions written after APKBUILD(5), which is
// held to what a real apk answered.

const READING = String.raw`
def branches():
    for path, text in archive('alpine-secdb', 'alpine-secdb.tar.zst'):
        if not path.endswith('.yaml'): continue
        name = version = None
        for line in text.split('\n'):
            field = re.match(r'distroversion: *v?(\S+)', line)
            if field: release = field[1]
            field = re.match(r'      name: *(\S+)', line)
            if field: name = field[1].strip('"\'')
            field = re.match(r'        ["\']?([^\s"\':-][^\s"\':]*)["\']?: *$', line)
            if field: version = field[1]
            field = re.match(r'        (?:  )?- (.*)', line)
            if field: yield release, name, version, field[1]
    for folder, _, names in os.walk(os.path.join(root, 'alpine-secdb', 'derived-2026-08')):
        for file in names:
            document = json.load(open(os.path.join(folder, file)))
            for package in document['packages']:
                for version, lines in package['pkg']['secfixes'].items():
                    for line in lines: yield document['distroversion'].strip('v'), package['pkg']['name'], version, line
for release, name, version, line in branches():
    for cve in sorted(set(re.findall(r'CVE[-_ ](\d{4}-\d{4,})', line))):
        say('alpine-secdb', release, name, 'CVE-' + cve, False, [] if version == '0' else [[['<', version]]])
`;

/**
 * APKBUILD(5), "pkgver" and "pkgrel": numbers parted by dots (with a zero in front, decimals), a letter, suffixes below or above the
 * plain version, the number of the build. What is written otherwise has no order.
 */
const ORDER = String.raw`
import re, sys
SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']
def parse(text):
    match = re.fullmatch(r'(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:-r(\d+))?', text)
    if not match: return None
    suffixes = [(SUFFIXES.index(word), int(number or -1)) for word, number in re.findall(r'_([a-z]+)(\d*)', match[3])]
    return match[1].split('.'), match[2], suffixes + [(SUFFIXES.index(''), 0)], int(match[4] or -1)
def sign(a, b): return (a > b) - (a < b)
def number(first, a, b):
    zeros = lambda text: 0 if first else len(text) - len(text.lstrip('0'))
    return sign((-zeros(a), int('0' + a) if a.strip('0') else -1), (-zeros(b), int('0' + b) if b.strip('0') else -1))
def compare(a, b):
    for at, (x, y) in enumerate(zip(a[0], b[0])):
        if number(at == 0, x, y): return number(at == 0, x, y)
    return sign(len(a[0]), len(b[0])) or sign(a[1:], b[1:])
for line in sys.stdin:
    a, b = map(parse, line.split())
    print('?' if a is None or b is None else compare(a, b))
`;
const ask = (pairs: Parameters<typeof askLines>[2]) => askLines('/usr/bin/python3', ['-c', ORDER], pairs);

/** A build before and after, a pre-release, a patch, and the next release. */
function around(bound: string): readonly string[] {
  const [, release = bound, build = '0'] = /^(.*?)(?:-r(\d+))?$/.exec(bound) ?? [];
  const before = Number(build) > 0 ? [`${release}-r${Number(build) - 1}`] : [];
  return [
    bound,
    ...before,
    `${release}-r${Number(build) + 1}`,
    `${release}_rc1-r9`,
    `${release}_p1-r0`,
    `${release}.1-r0`,
  ];
}

describe.skipIf(feedsFolder === undefined)('Alpine', () => {
  let bounds: Bounds;
  beforeAll(async () => {
    bounds = await openBounds(feedsFolder ?? '', ['alpine-secdb'], READING);
  });
  afterAll(() => bounds?.close());

  test('the order of this test is that of apk', () => {
    const table = new URL('../../../core/src/versions/testdata/apk-generated.txt', import.meta.url);
    const pairs = readFileSync(table, 'utf8').matchAll(/^([^#\s]\S*) ([<=>]) (\S+)$/gm);
    const rows = Array.from(pairs, ([, a = '', sign = '', b = '']) => ({ a, b, sign }));
    const answers = ask(rows.map(({ a, b }) => [a, b]));
    const known = rows.map((row, at) => ({ ...row, answer: answers[at] })).filter(({ answer }) => answer !== '?');
    const signs = new Map([
      ['-1', '<'],
      ['0', '='],
      ['1', '>'],
    ]);
    expect(known.filter(({ sign, answer = '' }) => signs.get(answer) !== sign)).toEqual([]);
    expect(known.length).toBeGreaterThan(1000);
  });

  test('every release, as that order says; a bound that apk takes for no version leaves it undetermined', () => {
    const all = bounds.said('alpine-secdb');
    const odd = all.filter(({ rules }) => boundsIn(rules).some((bound) => LAX.test(bound)));
    // A flaw of a package that was fixed twice has two lines.
    const groups = [...Map.groupBy(all, ({ release, name, id }) => `${release} ${name} ${id}`).values()];
    const records = groups
      .filter((group, at) => at % 5 === 0 || group.some(({ rules }) => boundsIn(rules).some(isMisspelt)))
      .filter((group) => !group.some((one) => odd.includes(one)))
      .flat();
    const versions = (bound: string) => (isMisspelt(bound) ? ['0.1-r0', '9999-r0'] : around(bound));
    const subject = ({ release, name }: Said, version: string): Matchable => ({
      type: 'apk',
      name: `${name}-libs`,
      version,
      source: { name, version },
      distribution: { id: 'alpine', release },
    });
    const order = orderOf(records, versions, ask);
    expect(bounds.compare(records, versions, order, subject)).toEqual({ judged: expect.any(Number), wrong: [] });
    expect([...new Set(all.flatMap(({ rules }) => boundsIn(rules)).filter(isMisspelt))].sort()).toEqual([
      '1.11-20-r0',
      '2.7.16-33',
      '4.10-1-r1',
      '57-1-r2',
    ]);
    expect([...new Set(odd.flatMap(({ rules }) => boundsIn(rules)))].sort()).toEqual(
      '0.12.5.-r0 0.8.21.r2 1.0.4.-r0 1.18.-r2 1.7.5.-r1 10.2.22.r0 10.2.24.r0 10.2.26.r0 2.15.r-r1 4.8.0.-r1'.split(
        ' ',
      ),
    );
    expect(records.length).toBeGreaterThan(2000);
  });
});

/** `1.11-20-r0` for 1.11.20-r0: `apk version -c` refuses it. */
const isMisspelt = (bound: string) => /^[\d.]+-\d+(?:-r\d+)?$/.test(bound);

/** What apk reads although APKBUILD(5) has no such form: parts without a number. The recorded tables hold such versions. */
const LAX = /\.(?!\d)|-r$/;
