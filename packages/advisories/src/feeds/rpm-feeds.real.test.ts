import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgeSubject, lookupsOf, type Matchable } from '@hullcheck/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdvisoryDatabase, buildDatabase, openDatabase } from '../index.ts';

// The whole of Azure Linux's and CBL-Mariner's OVAL, judged twice: by the matcher over the database that the feed became, and by
// Python's own reader of XML with rpm's own comparison. Each package at every version that any of its definitions names.

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const available = existsSync(path.join(feeds, 'azurelinux-oval')) && existsSync('/usr/bin/rpm');

/** Prints `ecosystem package version cve verdict` of every package at every version that is named for it, and just below. */
const ORACLE = String.raw`
import collections, io, re, subprocess, sys, tarfile, xml.etree.ElementTree as tree
packed = subprocess.run(['zstd', '--long=24', '-dcq', sys.argv[1]], capture_output=True, check=True).stdout
said, pairs = [], set()
local = lambda element: element.tag.rsplit('}', 1)[-1]
for member in tarfile.open(fileobj=io.BytesIO(packed)):
    match = re.search(r'(azurelinux|mariner)-([\d.]+)-oval\.xml$', member.name)
    if not match: continue
    document = tree.parse(tarfile.open(fileobj=io.BytesIO(packed)).extractfile(member.name)).getroot()
    by_id = {e.get('id'): e for e in document.iter() if e.get('id')}
    found = collections.defaultdict(list)
    for definition in (e for e in document.iter() if local(e) == 'definition'):
        cve = next(e.get('ref_id') for e in definition.iter() if local(e) == 'reference')
        holds = []
        for criterion in (e for e in definition.iter() if local(e) == 'criterion'):
            parts = list(by_id[criterion.get('test_ref')])
            name = next(list(by_id[p.get('object_ref')])[0].text for p in parts if local(p) == 'object')
            state = next(list(by_id[p.get('state_ref')])[0] for p in parts if local(p) == 'state')
            # One bound has a space behind its epoch.
            holds.append((state.get('operation'), state.text.replace(' ', '')))
        found[name].append((cve, holds))
    for name, flaws in found.items():
        # A few bounds are lists of fixes (1.17.13-2,1.18.8-2): no version that rpm knows.
        bounds = {bound for _, holds in flaws for _, bound in holds if ',' not in bound}
        versions = bounds | {re.sub('-[0-9]+', lambda m: m[0] + '~', bound, count=1) for bound in bounds}
        for cve, holds in flaws:
            for version in versions:
                said.append((match[1] + ':' + match[2], name, version, cve, holds))
                pairs |= {(version, bound) for _, bound in holds}
pairs = sorted(pairs)
with open(sys.argv[2], 'w') as out: out.writelines(a + ' ' + b + '\n' for a, b in pairs)
answers = subprocess.run(['rpm', '--eval', '%{lua: for line in io.lines("' + sys.argv[2] + '") do local a, b = line:match("(%S+) (%S+)"); print(rpm.vercmp(a, b)) end}'], capture_output=True, text=True, check=True).stdout
# rpm prints the numbers without anything between them.
order = dict(zip(pairs, map(int, re.findall('-1|0|1', answers)), strict=True))
tests = {'less than': lambda o: o < 0, 'less than or equal': lambda o: o <= 0, 'greater than': lambda o: o > 0}
gravity = ['not', 'undetermined', 'affected']
def judge(version, holds):
    if any(',' in bound for _, bound in holds): return 'undetermined'
    return 'affected' if all(tests[op](order[version, bound]) for op, bound in holds) else 'not'
verdicts = {}
for ecosystem, name, version, cve, holds in said:
    key = ecosystem, name, version, cve
    verdicts[key] = max(verdicts.get(key, 'not'), judge(version, holds), key=gravity.index)
for key, verdict in verdicts.items(): print(*key, verdict)
`;

describe.skipIf(!available)('OVAL of Azure Linux', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'hullcheck-rpm-feeds-'));
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    const report = await buildDatabase({
      cacheDir: path.join(work, 'cache'),
      source: { kind: 'mirror', location: feeds },
      now: '2026-09-01T00:00:00Z',
      feeds: ['azurelinux-oval'],
    });
    expect(report.feeds).toMatchObject([{ state: 'loaded', skipped: 0, records: 3474 }]);
    database = openDatabase(report.path);
  }, 60_000);
  afterAll(() => {
    database.close();
    rmSync(work, { recursive: true, force: true });
  });

  test('every package at every named version is judged as rpm and the criteria say', () => {
    const pairs = path.join(work, 'pairs');
    writeFileSync(pairs, '');
    const archive = path.join(feeds, 'azurelinux-oval/azurelinux-oval.tar.zst');
    const lines = execFileSync('python3', ['-c', ORACLE, archive, pairs], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
    const wrong: string[] = [];
    let judged = 0;
    let affected = 0;
    const known = new Map<string, ReadonlyMap<string, string>>();
    for (const line of lines.trim().split('\n')) {
      const [ecosystem = '', name = '', version = '', cve = '', verdict = ''] = line.split(' ');
      const key = `${ecosystem} ${name} ${version}`;
      const ours = known.get(key) ?? judge(ecosystem, name, version);
      known.set(key, ours);
      judged++;
      if (verdict === 'affected') affected++;
      if ((ours.get(cve) ?? 'not') !== verdict) wrong.push(line);
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(20_000);
    expect(affected).toBeGreaterThan(5000);
    console.log(`${judged} verdicts, ${affected} of them affected`);
  });

  /** `affected` or `undetermined` by CVE. */
  function judge(ecosystem: string, name: string, version: string): ReadonlyMap<string, string> {
    const [id = '', release = ''] = ecosystem.split(':');
    // A subpackage of another name: the documents name source packages.
    const source = { name, version };
    const pkg: Matchable = { type: 'rpm', name: `${name}-x`, version, source, distribution: { id, release } };
    const judgements = judgeSubject(pkg, database.advisoriesFor(lookupsOf(pkg)), new Map());
    return new Map(
      judgements
        .filter(({ verdict }) => verdict === 'affected' || verdict === 'undetermined')
        .map((one) => [one.id, one.verdict]),
    );
  }
});
