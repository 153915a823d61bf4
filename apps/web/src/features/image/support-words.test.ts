import type { SupportRow } from '@hullcheck/contract';
import { expect, test } from 'vitest';
import { bySubject, supportLabel, supportWords } from './support-words.ts';

const row = (subject: string, more: Partial<SupportRow> = {}): SupportRow => ({
  purl: `pkg:deb/debian/${subject}@1`,
  name: 'a',
  version: '1',
  status: 'ended',
  since: '2023-09-11',
  subject,
  extendedUntil: null,
  reference: null,
  ...more,
});

test('packages of one thing stand together, what has ended first', () => {
  const limited = row('binutils in Debian 12', { status: 'limited', since: null });
  const node = row('Node.js 16');
  const subjects = bySubject([limited, node, { ...limited, name: 'b' }]);
  expect(subjects.map(({ subject, packages }) => [subject, packages.length])).toEqual([
    ['Node.js 16', 1],
    ['binutils in Debian 12', 2],
  ]);
  expect(supportLabel(subjects)).toBe('Support of Node.js 16 has ended');
  expect(supportLabel(bySubject([limited]))).toBe('Limited support');
  expect(supportLabel(bySubject([node, row('Django 2.2'), limited]))).toBe('Support of 2 things has ended');
  expect(supportLabel([])).toBeUndefined();
});

test('says since when, and until when somebody is paid', () => {
  expect(supportWords(row('x', { since: null }))).toBe('security support ended');
  expect(supportWords(row('x', { extendedUntil: '2027-01-01' }))).toMatch(
    /^security support ended .*2023.*, paid support until .*2027/,
  );
  expect(supportWords(row('x', { status: 'limited', since: null }))).toBe('security support is limited');
});
