import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERSION_SCHEMES } from './catalogue.ts';
import { rangeCharactersMax, versionCharactersMax } from './limits.ts';

/** The pieces that version orders turn on, in every scheme's mixture: some make versions, some do not. */
const PIECE = fc.constantFrom(
  ...'0 1 2 9 10 00 01 . - _ + ~ ^ : ! a b Z alpha beta rc pre post dev'.split(' '),
  ...'final ga sp snapshot p r -r1 _p1 .0 .1 -1 +b1 1.0 v go'.split(' '),
);
const VERSION = fc
  .tuple(fc.constantFrom('', '1', '0', '1.2.3', 'v1.0', '1:1', '1!2'), fc.array(PIECE, { maxLength: 8 }))
  .map(([head, tail]) => head + tail.join(''));
const RANGE = fc
  .array(
    fc.tuple(
      fc.constantFrom('<', '<=', '>', '>=', '=', '==', '~', '^', '~>', '~=', '[', '(', ',', ' || ', ''),
      VERSION,
    ),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.flat().join(''));
const seed = 20240605;

/** What makes careless parsers slow: long runs, deep alternation, almost matches. */
const HOSTILE = [
  '1',
  '0',
  '.',
  '-',
  '1.',
  '1-',
  'a',
  '~',
  '^',
  '_',
  'a.',
  '0a',
  '-r',
  '_p',
  ' ',
  '\t',
  '1.0-',
  '>',
  '<=',
  ',',
  '||',
  '[1,2),',
]
  .map((text) => text.repeat(Math.ceil(rangeCharactersMax / text.length)).slice(0, rangeCharactersMax))
  .flatMap((text) => [text, `1.0${text.slice(3)}`, `>=1.0${text.slice(5)}`, `${text.slice(1)}!`]);

describe.each(VERSION_SCHEMES.map((scheme) => [scheme.id, scheme] as const))('%s', (_id, scheme) => {
  it('orders whatever it parses: reflexive, antisymmetric and transitive', () => {
    fc.assert(
      fc.property(VERSION, VERSION, VERSION, (...texts) => {
        const [a, b, c] = texts.map((text) => scheme.parse(text));
        if (a === undefined) return;
        expect(scheme.compare(a, a)).toBe(0);
        if (b === undefined) return;
        expect(scheme.compare(a, b) + scheme.compare(b, a)).toBe(0);
        if (c === undefined) return;
        const [ab, bc, ac] = [scheme.compare(a, b), scheme.compare(b, c), scheme.compare(a, c)];
        if (ab <= 0 && bc <= 0) expect(ac).toBe(ab === 0 && bc === 0 ? 0 : -1);
        if (ab >= 0 && bc >= 0) expect(ac).toBe(ab === 0 && bc === 0 ? 0 : 1);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(VERSION, fc.string(), fc.string({ unit: 'binary' })),
        fc.oneof(RANGE, fc.string()),
        (text, range) => {
          const version = scheme.parse(text) ?? scheme.parse('1.0.0');
          if (version === undefined) throw new Error('every scheme reads 1.0.0');
          expect([true, false, undefined]).toContain(scheme.satisfies(version, range));
        },
      ),
      { seed, numRuns: 2000 },
    );
  });

  it('answers hostile texts at once', () => {
    const one = scheme.parse('1.0.0');
    const before = process.threadCpuUsage();
    for (const text of HOSTILE) {
      const version = scheme.parse(text.slice(0, versionCharactersMax));
      if (version !== undefined) scheme.compare(version, version);
      if (one !== undefined) scheme.satisfies(one, text);
    }
    expect(process.threadCpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
