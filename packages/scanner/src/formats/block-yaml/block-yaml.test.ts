import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseBlockYaml, type Yaml } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As the reference reader gives it when scalars stay text. */
function plain(value: Yaml | undefined): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('documents as the yaml package reads them', () => {
  it.each([
    ['block mappings', 'a:\n  b: 1.10\n  "c d": x\n\n  e:\nf: g # no\n'],
    ['sequences', 'a:\n- b\n- c: 1\n  d: 2\n-\n  e: 3\n- - x\n  - y\nz:\n  - q\n'],
    ['sequences below their key', 'a:\n  - b:\n      - c\n    d: e\n'],
    ['entries that name a version in brackets', 'PODS:\n  - A (1.0):\n    - B/C (~> 3)\n    - D\n  - B/C (3.1)\n'],
    ['quoted scalars', 'a: "x \\u00e9 \\"y\\" \\n"\nb: \'it\'\'s\'\nc: "# no comment: here"\n"d: e": f\n'],
    ['quoted scalars over lines', 'a: "one\n  two"\nb: c\n'],
    ['flow collections', 'a: [b, "c", {d: e, f: }]\ng: {}\nh: []\ni: [\n  j,\n  k,\n]\n'],
    ['comments, directives and marks', '%YAML 1.2\n---\n# x\na: b\n  # y\nc: http://x/#y\n...\n'],
    ['a lone scalar', 'hello world\n'],
    ['scalars over lines', 'a: one\n  two\nb: c\n'],
    ['Windows line ends', 'a:\r\n  b: c\r\n'],
    ['keys that are nothing special', '__proto__: a\nconstructor: b\n'],
    ['a sequence of scalars only', '- a\n- "b"\n- 1.0\n'],
  ])('%s', (_, text) => {
    const wanted: unknown = parse(text, { schema: 'failsafe', stringKeys: true });
    const empty = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('""', 'null'));
    expect(empty(plain(parseBlockYaml(bytes(text))))).toEqual(empty(wanted));
  });
});

it('an empty value is null, and so is an empty file', () => {
  expect(parseBlockYaml(bytes('a:\nb: ~\n'))).toEqual(
    new Map([
      ['a', null],
      ['b', null],
    ]),
  );
  expect(parseBlockYaml(bytes('# nothing\n'))).toBeNull();
});

describe('what lock files do not have', () => {
  it.each([
    ['an anchor', 'a: &x b\n'],
    ['an alias', 'a: *x\n'],
    ['a tag', 'a: !!set {}\n'],
    ['a complex key', '? a\n: b\n'],
    ['a tab for indentation', 'a:\n\tb: c\n'],
    ['an entry out of its column', 'a:\n    b: c\n  d: e\n'],
    ['text behind a quoted value', 'a: "b" c\n'],
    ['a quote that nothing ends', 'a: "b\nc: d\n'],
    ['a bracket that nothing ends', 'a: [b\n'],
    ['a merge conflict', 'a: b\n<<<<<<< HEAD\nc: d\n'],
    ['an escape of no character', 'a: "\\U00110000"\n'],
  ])('%s is refused', (_, text) => {
    expect(parseBlockYaml(bytes(text))).toBeUndefined();
  });
});

it.each([
  '? ',
  '- ',
  '[',
  '{a: ',
  ': ',
  '"',
  "'",
  '|\n',
  'a:\n',
  '\n',
  '\\',
  '#\n',
  '- a\n',
  '&',
  ' ',
  '"\n',
  'a: "x"\n',
  'a: b\n c\n',
])('a hundred kilobytes of %j take a time that grows with them', async (unit) => {
  const work = (length: number) => {
    const text = unit.repeat(length / unit.length);
    parseBlockYaml(bytes(text));
    parseBlockYaml(bytes(`a: "${text}`));
  };
  expect(await growthOf(work, 100_000)).toBeLessThan(LINEAR_GROWTH);
});
