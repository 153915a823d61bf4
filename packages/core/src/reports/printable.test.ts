import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, widthOf } from './printable.ts';

describe('printable text', () => {
  it.each<[string, string, string]>([
    ['a colour', 'a\u001b[31mb', 'a\\x1b[31mb'],
    ['a line break', 'a\r\nb', 'a\\x0d\\x0ab'],
    ['a C1 control sequence introducer', 'a\u009b2Jb', 'a\\x9b2Jb'],
    ['a reversal', 'a\u202eb', 'a\\u202eb'],
    ['an isolate', 'a\u2066b', 'a\\u2066b'],
    ['nothing to be seen', 'a\u200b\u2060\ufeff\u3164b', 'a\\u200b\\u2060\\ufeff\\u3164b'],
    ['hidden text in tags', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half a character', 'a\ud800b', 'a\\ud800b'],
    ['a paragraph separator', 'a\u2029b', 'a\\u2029b'],
    ['names of the world', 'naïve 日本語 Ελλάς', 'naïve 日本語 Ελλάς'],
  ])('%s', (_name, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  const hostile = fc.string({
    unit: fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom('\u001b', '\u009b', '\u202e'),
    ),
  });

  it('holds no control, direction or invisible character, and stays as it is the second time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const clean = printable(text);
        expect(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(clean)).toBe(false);
        expect(clean.isWellFormed()).toBe(true);
        expect(printable(clean)).toBe(clean);
      }),
    );
  });

  it('in JSON says the same as before', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const written = printableJson({ text });
        expect(JSON.parse(written)).toEqual({ text });
        expect(printable(written.replaceAll('\n', ''))).toBe(written.replaceAll('\n', ''));
      }),
    );
  });

  it('is as wide as a terminal draws it', () => {
    expect(widthOf('abc')).toBe(3);
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
  });
});
