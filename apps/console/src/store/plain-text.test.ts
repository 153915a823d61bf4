import { expect, it } from 'vitest';
import { plainJson, plainText } from './plain-text.ts';

it('makes every text one that PostgreSQL takes', () => {
  expect(plainText('a\u0000b')).toBe('a\ufffdb');
  expect(plainText('\ud800x')).toBe('\ufffdx');
  expect(plainText('ü😀')).toBe('ü😀');
});

it('does so in keys and values of JSON, at any depth', () => {
  expect(JSON.parse(plainJson({ 'k\u0000': ['\ud800', { a: 'x\u0000' }], n: 1, b: null }))).toEqual({
    'k\ufffd': ['\ufffd', { a: 'x\ufffd' }],
    n: 1,
    b: null,
  });
});
