import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { lookupsOf, type Matchable } from '@hullcheck/core';
import { tarBytes, zipBytes } from '../feeds/test-archives.ts';
import { buildDatabase, openDatabase } from '../index.ts';
import { type Told, toldOf } from './bounds.testing.ts';
import { mirrorEntry } from './small-mirror.ts';

/**
 * For tests of feeds of which no snapshot is at hand: records in their form whose bounds are versions of the tables that the
 * ecosystem's own tool has ordered (tools/oracles), through a database to a verdict. The tables are the other opinion.
 */

export interface Pair {
  readonly a: string;
  readonly b: string;
  /** How the tool put them: `?` where it knows one of the two not. */
  readonly sign: '<' | '=' | '>' | '?';
}

/** A record of one package: its bounds, and what a version of it is expected to be. */
export interface Case {
  /** `p12`: the package's own part of its name, and of the record's id. */
  readonly key: string;
  readonly number: number;
  readonly ranges: readonly Interval[];
  readonly withdrawn: boolean;
  readonly version: string;
  readonly expected: Told;
}

export interface Interval {
  /** Null from the first version on. */
  readonly introduced: string | null;
  /** Not itself in the range, instead of `introduced`. */
  readonly after?: string;
  readonly fixed?: string;
  readonly lastAffected?: string;
}

/** How a feed writes a case, and which package it is about. */
export interface WrittenFeed {
  readonly feed: string;
  /** Files under `core/src/versions/testdata`. */
  readonly tables: readonly string[];
  /** Pairs that the feed's form, or the table for this scheme, has no words for. */
  readonly takes?: (pair: Pair) => boolean;
  readonly kinds?: readonly (keyof typeof KINDS)[];
  /** Files of the feed by name. */
  readonly write: (cases: readonly Case[]) => Readonly<Record<string, string | Uint8Array>>;
  readonly idOf: (one: Case) => string;
  readonly subject: (one: Case) => Pick<Matchable, 'type' | 'name'> & Partial<Matchable>;
}

const TABLES = new URL('../../../core/src/versions/testdata/', import.meta.url);
const told = (inside: boolean): Told => (inside ? 'affected' : 'neither');

/** The ranges of each kind of record, and whether the pair's first version is in them. */
const KINDS = {
  fixed: ({ b, sign }: Pair) => [[{ introduced: null, fixed: b }], sign === '<'] as const,
  'last affected': ({ b, sign }: Pair) => [[{ introduced: null, lastAffected: b }], sign !== '>'] as const,
  introduced: ({ b, sign }: Pair) => [[{ introduced: b }], sign !== '<'] as const,
  after: ({ b, sign }: Pair) => [[{ introduced: null, after: b }], sign === '>'] as const,
  withdrawn: ({ b }: Pair) => [[{ introduced: null, fixed: b }], false] as const,
  // The first version ends one range or begins another, where they stand in this order.
  'between two ranges': ({ a, b, sign }: Pair) =>
    sign === '<' ? ([[{ introduced: null, fixed: a }, { introduced: b }], false] as const) : undefined,
  'one range': ({ a, b, sign }: Pair) => (sign === '<' ? ([[{ introduced: a, fixed: b }], true] as const) : undefined),
};

/** The kinds of bound that OSV's form has. */
const OSV_KINDS = ['fixed', 'last affected', 'introduced', 'withdrawn', 'between two ranges', 'one range'] as const;

/** Every n-th pair of the tables, so that about `count` remain, in each kind of record. */
export function casesOf(
  { tables, takes = () => true, kinds = OSV_KINDS }: WrittenFeed,
  count: number,
): readonly Case[] {
  const pairs = tables.flatMap(pairsOf).filter((pair) => takes(pair) && ![pair.a, pair.b].includes('0'));
  const step = Math.max(1, Math.floor(pairs.length / count));
  const cases: Case[] = [];
  const sampled = pairs.filter((_, at) => at % step === 0);
  // The tables have few equal pairs: each bound is held to itself too.
  const same = sampled.filter(({ sign }) => sign !== '?').map(({ b }): Pair => ({ a: b, b, sign: '=' }));
  for (const pair of [...sampled, ...same]) {
    for (const kind of kinds) {
      const made = KINDS[kind](pair);
      if (made === undefined) continue;
      const [ranges, inside] = made;
      const number = cases.length + 1;
      const expected = kind === 'withdrawn' || pair.sign !== '?' ? told(inside) : 'undetermined';
      cases.push({ key: `p${number}`, number, ranges, withdrawn: kind === 'withdrawn', version: pair.a, expected });
    }
  }
  return cases;
}

function pairsOf(table: string): readonly Pair[] {
  const lines = readFileSync(new URL(table, TABLES), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, a, sign, b] = /^(?!# )(\S+) ([<=>?]) (\S+)$/.exec(line) ?? [];
    return a === undefined || b === undefined ? [] : [{ a, sign: sign as Pair['sign'], b }];
  });
}

/** The cases that a database of these feeds answers otherwise than the tables say, by feed, and how many there were. */
export async function differencesIn(
  feeds: readonly WrittenFeed[],
  count: number,
): Promise<
  ReadonlyMap<string, { readonly judged: number; readonly affected: number; readonly wrong: readonly string[] }>
> {
  const root = mkdtempSync(path.join(tmpdir(), 'hullcheck-written-'));
  try {
    const mirror = path.join(root, 'feeds');
    mkdirSync(mirror);
    const cases = new Map(feeds.map((one) => [one.feed, casesOf(one, count)]));
    const entries = feeds.map((one) =>
      mirrorEntry(mirror, one.feed, '2026-08-01', one.write(cases.get(one.feed) ?? [])),
    );
    writeFileSync(path.join(mirror, 'MANIFEST.json'), JSON.stringify(entries));
    const report = await buildDatabase({
      cacheDir: path.join(root, 'cache'),
      source: { kind: 'mirror', location: mirror },
      now: '2026-09-01T00:00:00Z',
      feeds: feeds.map(({ feed }) => feed),
    });
    const database = openDatabase(report.path);
    const found = feeds.map((one) => {
      const status = report.feeds.find(({ id }) => id === one.feed);
      const wrong = status?.state === 'loaded' && status.skipped === 0 ? [] : [JSON.stringify(status)];
      const own = cases.get(one.feed) ?? [];
      for (const single of own) {
        const { version, expected, ranges } = single;
        const pkg: Matchable = { source: null, distribution: null, ...one.subject(single), version };
        const hits = database.advisoriesFor(lookupsOf(pkg)).filter(({ id }) => id === one.idOf(single));
        const got = toldOf(pkg, hits);
        if (got !== expected) wrong.push(`${version} in ${JSON.stringify(ranges)}: ${got}, expected ${expected}`);
      }
      const affected = own.filter(({ expected }) => expected === 'affected').length;
      return [one.feed, { judged: own.length, affected, wrong: wrong.slice(0, 20) }] as const;
    });
    database.close();
    return new Map(found);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** An OSV archive: a record per case, of which `shape` gives ecosystem, name and what else it needs. */
export function osvZip(
  cases: readonly Case[],
  idOf: (one: Case) => string,
  shape: (one: Case) => { readonly ecosystem: string; readonly name: string; readonly [member: string]: unknown },
  pathOf = (id: string): string => `${id}.json`,
): Uint8Array {
  return zipBytes(
    cases.map((one) => {
      const { ecosystem, name, ...more } = shape(one);
      const record = {
        id: idOf(one),
        ...(one.withdrawn ? { withdrawn: '2024-01-02T00:00:00Z' } : {}),
        affected: [{ package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: eventsOf(one) }] }],
        ...more,
      };
      return { path: pathOf(idOf(one)), text: JSON.stringify(record) };
    }),
  );
}

function eventsOf({ ranges }: Case): readonly object[] {
  return ranges.flatMap(({ introduced, fixed, lastAffected }) => [
    { introduced: introduced ?? '0' },
    ...(fixed === undefined ? [] : [{ fixed }]),
    ...(lastAffected === undefined ? [] : [{ last_affected: lastAffected }]),
  ]);
}

export function tarGz(files: Parameters<typeof tarBytes>[0]): Uint8Array {
  return gzipSync(tarBytes(files));
}

export const cveOf = ({ number }: Case): string => `CVE-2024-${10_000 + number}`;
