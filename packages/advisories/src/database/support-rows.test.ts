import type { PackageSupport } from '@hullcheck/core';
import { expect, test } from 'vitest';
import { readSupport, supportRowKey, writeSupport } from './support-rows.ts';

const line = { status: 'ended', from: '2023-09-11', extended: null, reference: 'https://a.example/x' } as const;
const support: PackageSupport = {
  key: 'cpe:nodejs:node.js',
  title: 'Node.js',
  lines: [
    { ...line, covers: '16', extended: '2027-01-01' },
    { ...line, covers: '18', reference: 'https://a.example/y' },
    { ...line, covers: '19', reference: null },
    { ...line, covers: '20', status: 'limited', from: null },
    { ...line, covers: '26', status: 'supported', from: null },
  ],
};

test('what is written is read, a shared address stands once', () => {
  const text = writeSupport(support);
  expect(readSupport(supportRowKey(support.key), text)).toEqual(support);
  expect(text.match(/a\.example\/x/g)).toHaveLength(1);
  const empty = { key: 'debian:12', title: 'Debian 12', lines: [] };
  expect(readSupport(supportRowKey('debian:12'), writeSupport(empty))).toEqual(empty);
});

test('a body that is none is refused: a database file may come from anywhere', () => {
  expect(() => readSupport('support:x', '{"t":"x","r":null,"l":[["16",7,null,null]]}')).toThrow();
});
