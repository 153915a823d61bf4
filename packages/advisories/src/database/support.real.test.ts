import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdvisoryLookup, type Package, supportNotes } from '@hullcheck/core';
import { afterAll, describe, expect, test } from 'vitest';
import { buildDatabase, openDatabase } from '../index.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const DAY = '2026-06-12';

/**
 * What `check-support-status` reports for a system that has every source package of the lists and of the tracker, each also with
 * something behind its name: the pattern must be the whole name, and the day must have come.
 */
const RULE = String.raw`
import json, os, re, sys
root, day = sys.argv[1:]
at = lambda *p: os.path.join(root, 'debian-support-status', *p)
rows = lambda name: [l.split() for l in open(at(name)) if l.strip() and not l.startswith('#')]
names = set(json.load(open(os.path.join(root, 'debian-tracker', 'tracker.derived.json'))))
lists = {'12': rows('security-support-ended.deb12'), '11': rows('security-support-ended.deb11'), '10': rows('security-support-ended.deb10'), '9': rows('security-support-ended.deb9')}
limited = rows('security-support-limited')
for row in sum(lists.values(), limited): names |= {row[0].replace('.*', ''), row[0].replace('.*', '-x'), row[0].replace('.*', '') + 'z', 'a' + row[0].replace('.*', '')}
out = []
for release, ended in lists.items():
    for name in sorted(names):
        when = [r[2] for r in ended if re.fullmatch(r[0], name) and r[2] <= day]
        if when: out.append([release, name, 'ended', when[0]])
        elif release == '12' and any(re.fullmatch(r[0], name) for r in limited): out.append([release, name, 'limited', None])
print(json.dumps([sorted(names), out]))
`;

describe.skipIf(!existsSync(path.join(feeds, 'MANIFEST.json')))("Debian's ended and limited support", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-support-'));
  afterAll(() => rm(folder, { recursive: true }));

  test('is said of the source packages of which check-support-status says it, on that day', async () => {
    const report = await buildDatabase({
      cacheDir: folder,
      source: { kind: 'mirror', location: feeds },
      now: '2026-09-01T00:00:00Z',
      feeds: ['debian-security-support'],
    });
    expect(report.feeds).toMatchObject([{ state: 'loaded', records: 3, skipped: 0 }]);
    const output = execFileSync('python3', ['-c', RULE, feeds, DAY], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const [names, expected] = JSON.parse(output) as [string[], [string, string, string, string | null][]];
    const database = openDatabase(report.path);
    const said = ['12', '11', '10', '9'].flatMap((release) => notesOf(release, names, database));
    database.close();
    expect(said.sort()).toEqual(expected.map((row) => JSON.stringify(row)).sort());
    expect(said.length).toBeGreaterThan(80);
  });
});

function notesOf(release: string, names: readonly string[], database: AdvisoryLookup): readonly string[] {
  const packages = names.map(
    (name): Package => ({
      purl: `pkg:deb/debian/${name}@1`,
      type: 'deb',
      name,
      version: '1',
      architecture: null,
      source: { name, version: '1' },
      distribution: { id: 'debian', release },
      licenses: [],
      layer: null,
      paths: [],
      direct: null,
      ownedBy: null,
      analyzer: 'dpkg',
    }),
  );
  return supportNotes(packages, database, Date.parse(`${DAY}T00:00:00Z`)).map(({ name, status, since }) =>
    JSON.stringify([release, name, status, since]),
  );
}
