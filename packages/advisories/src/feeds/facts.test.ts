import { expect, test } from 'vitest';
import { cweIds, isCveId, isWebUrl, shown, toDay, toScore, toTimestamp } from './facts.ts';

test.each([
  ['2026-08-07T16:45:47.0648Z', '2026-08-07T16:45:47Z'],
  ['2024-02-20T00:00:00+0000', '2024-02-20T00:00:00Z'],
  ['2024-02-20T01:00:00+01:00', '2024-02-20T00:00:00Z'],
  ['2024-02-29', '2024-02-29T00:00:00Z'],
  ['0001-01-01T00:00:00Z', null],
  ['2024-13-01', null],
  ['yesterday', null],
  ['', null],
  [null, null],
])('the time %s is %s', (text, wanted) => {
  expect(toTimestamp(text)).toBe(wanted);
  expect(toDay(text)).toBe(wanted?.slice(0, 10) ?? null);
});

test('takes only CVE ids that the database can hold', () => {
  expect(['CVE-1999-0001', 'CVE-2024-12345678'].every(isCveId)).toBe(true);
  expect(['CVE-2024-123', 'CVE-2024-123456789', 'cve-2024-1234', 'CVE-2024-1234 ', 'CVE-1000-1234'].some(isCveId)).toBe(
    false,
  );
});

test('takes only scores from 0 to 10', () => {
  expect(['9.8', '10', '0', '10.1', '-1', 'N/A', '', '1e1'].map(toScore)).toEqual([
    9.8,
    10,
    0,
    ...Array(5).fill(undefined),
  ]);
});

test('keeps foreign text in one line, and links only to the web', () => {
  expect(shown('a\u001b[31m\nb')).toBe('a [31m b');
  expect(['https://a.b/c', 'javascript:x', 'https://a b', 'ftp://a'].map(isWebUrl)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(cweIds('CWE-79, CWE-79; NVD-CWE-noinfo CWE-1')).toEqual(['CWE-79', 'CWE-1']);
});
