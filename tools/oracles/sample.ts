// Draws version strings of one scheme from unpacked advisory feeds and prints what its oracle is to judge:
//   sample.ts SCHEME FEEDS pairs    a<TAB>b          sample.ts SCHEME FEEDS ranges    version<TAB>range
// Two of three versions come from the feeds (near each other: one package, or neighbours as text), the third is put together
// from the pieces that the scheme's order turns on. The seed is fixed, so equal feeds give equal samples.

import { pieces, SOURCES } from './sources.ts';

const pairsWanted = 3000;
const rangesWanted = 2000;
const charactersMax = 48;

const [scheme = '', feeds = '', kind = 'pairs'] = process.argv.slice(2);
const source = SOURCES[scheme];
if (source === undefined) throw new Error(`no source for ${scheme}`);

let state = 0x5eed;

/** mulberry32: a whole number below `bound`. */
function random(bound: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
}

function pick<T>(list: readonly T[]): T {
  const item = list[random(list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

function synthetic(): string {
  const parts = pieces[scheme] ?? pieces.semver ?? [];
  return pick(['0', '1', '2', '1.0.0', '1.2.3']) + Array.from({ length: 1 + random(5) }, () => pick(parts)).join('');
}

const found = source(feeds);
const usable = (text: string) => text !== '' && text.length <= charactersMax && !/[\s|]/.test(text);
const groups = [...found.versions.values()].map((all) => [...all].filter(usable)).filter((all) => all.length > 1);
const sorted = [...new Set(groups.flat())].sort();
if (sorted.length < 20) throw new Error(`only ${sorted.length} versions of ${scheme} in ${feeds}`);

function near(): readonly [string, string] {
  if (random(2) === 0) {
    const group = pick(groups);
    return [pick(group), pick(group)];
  }
  const index = random(sorted.length - 1);
  return [sorted[index] ?? '', sorted[Math.min(index + 1 + random(3), sorted.length - 1)] ?? ''];
}

const lines = new Set<string>();
if (kind === 'pairs') {
  for (let tries = 0; lines.size < pairsWanted && tries < pairsWanted * 20; tries++) {
    const [a, b] = tries % 3 === 2 ? [synthetic(), random(3) === 0 ? pick(sorted) : synthetic()] : near();
    if (a !== b && a.length <= charactersMax && b.length <= charactersMax) lines.add(`${a}\t${b}`);
  }
} else {
  const ranges = [...found.ranges].filter((range) => range.length <= 80 && !/[\t\n]/.test(range)).sort();
  for (let tries = 0; lines.size < rangesWanted && tries < rangesWanted * 20; tries++) {
    const written = found.forms.length > 0 && (tries % 2 === 0 || ranges.length === 0);
    const range = written
      ? pick(found.forms).replace(/[AB]/g, () => (random(4) === 0 ? synthetic() : pick(sorted)))
      : pick(ranges);
    // Half of the versions are one that the range itself names, where the answer flips.
    const named = range.match(/[0-9][0-9A-Za-z.+~-]*/g) ?? [];
    const version = random(2) === 0 && named.length > 0 ? pick(named) : random(4) === 0 ? synthetic() : pick(sorted);
    if (range.length <= 80 && usable(version)) lines.add(`${version}\t${range}`);
  }
}
process.stdout.write(`${[...lines].sort().join('\n')}\n`);
