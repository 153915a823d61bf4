import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';

describe('YAML of feeds', () => {
  it('keeps every scalar as text', () => {
    expect(parseYaml('a: 1.10\nb: [yes, null, 2020-01-02]\n')).toEqual({ a: '1.10', b: ['yes', 'null', '2020-01-02'] });
  });

  it('refuses at once what would keep the parser busy for minutes', () => {
    // Minutes, beyond the time that a test has.
    expect(() => parseYaml(`${'? '.repeat(100)}\n`.repeat(5000))).toThrow('nested explicit keys');
  });

  it('takes a question mark for what it is', () => {
    expect(parseYaml('title: why? because\n? key\n: value\n')).toEqual({ title: 'why? because', key: 'value' });
  });
});
