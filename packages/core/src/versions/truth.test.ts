import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VERSION_SCHEMES } from './catalogue.ts';
import { compareVersions, satisfies } from './compare.ts';
import type { VersionScheme } from './scheme.ts';

const TABLES = new URL('testdata/', import.meta.url);
const FILES = readdirSync(TABLES);
const SIGNS = new Map([
  [-1, '<'],
  [0, '='],
  [1, '>'],
  [undefined, '?'],
]);
const TURNED = new Map([
  ['<', '>'],
  ['>', '<'],
  ['=', '='],
  ['?', '?'],
]);
const sampleMax = 400;

/**
 * Orders that go in circles among odd versions, as the tools themselves do, and we answer as they do: Maven's 1 < 1-x < 1-0a1 < 1,
 * Conan's 9 < 10 < 10a < 9, pacman's 0+ < 0__rc1 < 0^.a < 0+.
 */
const CIRCULAR = new Set(['alpm-generated.txt', 'conan-generated.txt', 'maven-generated.txt']);

function lines(file: string): readonly string[] {
  const all = readFileSync(new URL(file, TABLES), 'utf8').split('\n');
  return all.filter((line) => line.trim() !== '' && !line.startsWith('# '));
}

function parsePair(line: string): { readonly a: string; readonly sign: string; readonly b: string } {
  const match = /^(\S+) ([<=>?]) (\S+)$/.exec(line);
  const [, a, sign, b] = match ?? [];
  if (a === undefined || sign === undefined || b === undefined) throw new Error(`no pair: ${line}`);
  return { a, sign, b };
}

function answer(sign: boolean | undefined): string {
  return sign === undefined ? '?' : sign ? 'yes' : 'no';
}

/** Every version that the pairs name, thinned out evenly. */
function sample(pairs: readonly string[]): readonly string[] {
  const all = [...new Set(pairs.map(parsePair).flatMap(({ a, b }) => [a, b]))];
  const step = Math.max(1, Math.floor(all.length / sampleMax));
  return all.filter((_, index) => index % step === 0);
}

/** Pairs that the sorted list has the wrong way round: none where the order is total and transitive. */
function disorder(scheme: VersionScheme<unknown>, texts: readonly string[]): readonly string[] {
  const parsed = texts.flatMap((text) => {
    const version = scheme.parse(text);
    return version === undefined ? [] : [{ text, version }];
  });
  const sorted = parsed.sort((x, y) => scheme.compare(x.version, y.version));
  const wrong: string[] = [];
  for (const [index, older] of sorted.entries()) {
    if (scheme.compare(older.version, older.version) !== 0) wrong.push(`${older.text} is not itself`);
    for (const newer of sorted.slice(index + 1)) {
      const order = scheme.compare(older.version, newer.version);
      if (order === 1 || scheme.compare(newer.version, older.version) !== (order === 0 ? 0 : 1)) {
        wrong.push(`${older.text} … ${newer.text}`);
      }
    }
  }
  return wrong;
}

describe.each(VERSION_SCHEMES.map((scheme) => [scheme.id, scheme] as const))('%s', (id, scheme) => {
  const pairFiles = [`${id}.txt`, `${id}-generated.txt`].filter((file) => FILES.includes(file));
  const rangeFiles = [`${id}-ranges.txt`, `${id}-ranges-generated.txt`].filter((file) => FILES.includes(file));

  it('has written tables of pairs and of ranges', () => {
    expect(pairFiles).toContain(`${id}.txt`);
    expect(rangeFiles).toContain(`${id}-ranges.txt`);
  });

  it.each(pairFiles)('orders every pair of %s, in both directions', (file) => {
    const pairs = lines(file).map(parsePair);
    expect(pairs.length).toBeGreaterThan(10);
    const wrong = pairs.flatMap(({ a, sign, b }) => {
      const forth = SIGNS.get(compareVersions(id, a, b));
      const back = SIGNS.get(compareVersions(id, b, a));
      return forth === sign && back === TURNED.get(sign) ? [] : [`${a} ${sign} ${b}: got ${forth}, turned ${back}`];
    });
    expect(wrong).toEqual([]);
  });

  it.each(rangeFiles)('answers every range of %s', (file) => {
    const rows = lines(file);
    expect(rows.length).toBeGreaterThan(5);
    const wrong = rows.flatMap((line) => {
      const [version = '', range = '', expected = ''] = line.split('\t');
      const got = answer(satisfies(id, version, range));
      return got === expected ? [] : [`${line}: got ${got}`];
    });
    expect(wrong).toEqual([]);
  });

  it.each(pairFiles.filter((file) => !CIRCULAR.has(file)))('is a total order on the versions of %s', (file) => {
    expect(disorder(scheme, sample(lines(file)))).toEqual([]);
  });
});
