import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AdvisoryHit, findMatcher, lookupsOf, type Matchable } from '@hullcheck/core';
import { buildDatabase, openDatabase } from '../index.ts';

/** For tests: advisories at their own bounds, by our matchers over a database of feeds beside other programs' reading of the same files. */

/**
 * What the readings in Python begin with: the members of a feed's archive, OSV's events as intervals, and `say`, which prints
 * one JSON list a line: feed, release (empty where there is none), package, id, withdrawn, and the intervals as lists of
 * an operator and a bound that must all hold.
 */
const PRELUDE = `
import csv, io, json, os, re, subprocess, sys, tarfile
root = sys.argv[1]
def archive(*place):
    raw = subprocess.run(['zstd', '--long=24', '-dcq', os.path.join(root, *place)], capture_output=True, check=True).stdout
    for member in tarfile.open(fileobj=io.BytesIO(raw)):
        if member.isfile(): yield member.name, raw[member.offset_data:member.offset_data + member.size].decode()
def files(name, pattern):
    for path, text in archive(name, name + '.tar.zst'):
        if re.search(pattern, path): yield text
def say(*parts): print(json.dumps(parts))
def intervals(events):
    found, start = [], None
    for event in events:
        if 'introduced' in event: start = event['introduced']
        elif 'fixed' in event or 'last_affected' in event:
            end = ['<', event['fixed']] if 'fixed' in event else ['<=', event['last_affected']]
            found.append([end] if start == '0' else [['>=', start], end]); start = None
    return found + ([[['>=', start]] if start != '0' else []] if start is not None else [])
`;

export interface Said {
  readonly feed: string;
  readonly release: string;
  readonly name: string;
  readonly id: string;
  readonly withdrawn: boolean;
  /** Any of these lists of an operator and a bound that must all hold; of RustSec the requirements of what is not affected. */
  readonly rules: readonly (string | readonly (readonly [operator: string, bound: string])[])[];
}

/** Where a version stands to a bound; undefined where the order doesn't know one of the two. */
export type Order = (version: string, bound: string) => number | undefined;

/** What is told of a package for an advisory: that it has the flaw, that this can't be determined, or neither. */
export type Told = 'affected' | 'undetermined' | 'neither';

/** A database, and what another program read in the same files. */
export interface Bounds {
  /** Empty, for files of the test; removed by `close`. */
  readonly folder: string;
  said(feed: string): readonly Said[];
  told(pkg: Matchable, id: string): Told;
  /**
   * Holds each record at each version that `versionsOf` makes of its bounds to `order`. Records of one id, release and package
   * count together. Gives the number of verdicts, and those that differ (at most 30).
   */
  compare(
    records: readonly Said[],
    versionsOf: (bound: string) => readonly string[],
    order: Order,
    subjectOf: (said: Said, version: string) => Matchable,
  ): { readonly judged: number; readonly wrong: readonly string[] };
  close(): void;
}

/** Builds a database of the feeds of a mirror, and runs the reading in Python with the mirror's folder as its argument. */
export async function openBounds(mirror: string, feeds: readonly string[], reading: string): Promise<Bounds> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-bounds-'));
  const source = { kind: 'mirror', location: mirror } as const;
  const cacheDir = path.join(folder, 'cache');
  const report = await buildDatabase({ cacheDir, source, now: '2026-09-01T00:00:00Z', feeds });
  const missing = report.feeds.filter(({ state }) => state !== 'loaded').map(({ id }) => id);
  if (missing.length > 0) throw new Error(`not loaded: ${missing.join(', ')}`);
  const database = openDatabase(report.path);
  const said = new Map<string, Said[]>();
  const lines = execFileSync('/usr/bin/python3', ['-c', PRELUDE + reading, mirror], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  for (const line of lines.trim().split('\n')) {
    const [feed, release, name, id, withdrawn, rules] = JSON.parse(line);
    const known = said.get(feed) ?? [];
    said.set(feed, known);
    known.push({ feed, release, name, id, withdrawn, rules });
  }
  const asked = new Map<string, readonly AdvisoryHit[]>();
  const told = (pkg: Matchable, id: string): Told => {
    const keys = lookupsOf(pkg);
    const key = JSON.stringify(keys);
    const hits = asked.get(key) ?? database.advisoriesFor(keys);
    if (asked.size > 500) asked.clear();
    asked.set(key, hits);
    return toldOf(
      pkg,
      hits.filter((hit) => hit.id === id),
    );
  };
  return {
    folder,
    said: (feed) => said.get(feed) ?? [],
    told,
    compare(records, versionsOf, order, subjectOf) {
      const wrong: string[] = [];
      let judged = 0;
      for (const [key, group] of Map.groupBy(records, ({ release, name, id }) => `${release} ${name} ${id}`)) {
        const [first] = group;
        if (first === undefined) continue;
        const rules = group.flatMap((one) => one.rules);
        for (const version of new Set(boundsIn(rules).flatMap(versionsOf))) {
          const expected = first.withdrawn ? 'neither' : expectedOf(rules, version, order);
          const got = told(subjectOf(first, version), first.id);
          judged += 1;
          if (got !== expected) wrong.push(`${key} ${version}: ${got}, expected ${expected}`);
        }
      }
      return { judged, wrong: wrong.slice(0, 30) };
    },
    close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the matchers make of the advisories that still stand, for the gravest of them. */
export function toldOf(pkg: Matchable, hits: readonly AdvisoryHit[]): Told {
  const matcher = findMatcher(pkg);
  const kinds = hits.filter(({ withdrawn }) => withdrawn === null).map((hit) => matcher?.judge(pkg, hit)?.kind);
  if (kinds.includes('affected')) return 'affected';
  return kinds.includes('undetermined') ? 'undetermined' : 'neither';
}

function expectedOf(rules: Said['rules'], version: string, order: Order): Told {
  const answers = rules.map((rule) => {
    const held = typeof rule === 'string' ? [] : rule.map(([word, bound]) => holds(word, order(version, bound)));
    return held.includes(undefined) ? undefined : held.every((one) => one === true);
  });
  if (answers.includes(true)) return 'affected';
  return answers.includes(undefined) ? 'undetermined' : 'neither';
}

/** Whether a comparison with this outcome meets the operator. */
export function holds(word: string, order: number | undefined): boolean | undefined {
  if (order === undefined) return undefined;
  if (word === '<') return order < 0;
  if (word === '<=') return order <= 0;
  if (word === '>') return order > 0;
  if (word === '>=') return order >= 0;
  if (word === '=' || word === '==') return order === 0;
  throw new Error(`no operator: ${word}`);
}

export function boundsIn(rules: Said['rules']): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (typeof rule === 'string' ? [] : rule.map(([, bound]) => bound))))];
}

type Pair = readonly [version: string, bound: string];

/** The order of each version against each bound of its record, asked of a program at once; `?` is an answer of none. */
export function orderOf(
  records: readonly Said[],
  versionsOf: (bound: string) => readonly string[],
  ask: (pairs: readonly Pair[]) => readonly string[],
): Order {
  const pairs = new Map<string, Pair>();
  for (const group of Map.groupBy(records, ({ release, name, id }) => `${release} ${name} ${id}`).values()) {
    const all = boundsIn(group.flatMap(({ rules }) => rules));
    for (const bound of all) {
      for (const version of all.flatMap(versionsOf)) pairs.set(`${version} ${bound}`, [version, bound]);
    }
  }
  const answers = ask([...pairs.values()]);
  if (answers.length !== pairs.size) throw new Error(`${answers.length} answers to ${pairs.size} pairs`);
  const order = new Map(
    [...pairs.keys()].map((key, at) => [key, answers[at] === '?' ? undefined : Number(answers[at])]),
  );
  return (version, bound) => {
    if (!order.has(`${version} ${bound}`)) throw new Error(`a pair that was not compared: ${version} ${bound}`);
    return order.get(`${version} ${bound}`);
  };
}

export function hasProgram(command: string, ...options: readonly string[]): boolean {
  return spawnSync(command, options).status === 0;
}

/** rpm's own comparison, of which it prints the numbers without anything between them. */
export function askRpm(pairs: readonly Pair[], folder: string): readonly string[] {
  const file = path.join(folder, 'rpm-pairs');
  writeFileSync(file, pairs.map(([a, b]) => `${a} ${b}\n`).join(''));
  const script = `%{lua: for line in io.lines("${file}") do local a, b = line:match("(%S+) (%S+)"); print(rpm.vercmp(a, b)) end}`;
  return execFileSync('rpm', ['--eval', script], { encoding: 'utf8', maxBuffer: 1 << 28 }).match(/-1|0|1/g) ?? [];
}

/** dpkg's own comparison: below, or not. */
export function askDpkg(pairs: readonly Pair[]): readonly string[] {
  return askLines(
    'sh',
    ['-c', 'while read -r a b; do dpkg --compare-versions "$a" lt "$b" && echo -1 || echo 1; done'],
    pairs,
  );
}

/** A program that reads `version bound` a line and answers each with a number or `?`. */
export function askLines(command: string, options: readonly string[], pairs: readonly Pair[]): readonly string[] {
  const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
  return execFileSync(command, options, { encoding: 'utf8', input, maxBuffer: 1 << 28 })
    .trim()
    .split('\n');
}
