import { describe, expect, it } from 'vitest';
import { fieldOf } from '../json/index.ts';
import { parseToml } from './index.ts';

const parse = (text: string): ReturnType<typeof parseToml> => parseToml(new TextEncoder().encode(text));

describe('a TOML document', () => {
  it('is read with its tables and arrays of tables', () => {
    expect(
      parse('version = 1\n[[package]]\nname = "a"\n[package.source]\nurl = "u"\n[[package]]\nname = "b"\n'),
    ).toEqual({
      version: 1,
      package: [{ name: 'a', source: { url: 'u' } }, { name: 'b' }],
    });
  });

  it('keeps hostile keys as keys', () => {
    const table = parse('__proto__ = 1\n[constructor]\nprototype = 2\n') ?? {};
    expect(fieldOf(table, '__proto__')).toBe(1);
    expect(fieldOf(table, 'toString')).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty('prototype');
  });

  it.each([
    ['broken text', 'a = '],
    ['a key twice', 'a = 1\na = 2\n'],
    ['arrays nested too deep', `a = ${'['.repeat(300)}${']'.repeat(300)}`],
  ])('that is %s is refused', (_, text) => expect(parse(text)).toBeUndefined());
});
