import { expect, test } from 'vitest';
import { toRanges } from './ranges.ts';

const fixed = (introduced: string | null, version: string) => ({ introduced, fixed: version, lastAffected: null });

// Pairs of the real index.
test.each([
  ['20.x || 22.x', '^20.20.2 || ^22.22.2', [fixed('20.0.0', '20.20.2'), fixed('22.0.0', '22.22.2')], null],
  // Version 5 got no fix in its line.
  ['5.x || 6.x', '^6.9.5', [fixed('6.0.0', '6.9.5')], '>=5.0.0 <6.0.0-0'],
  ['10.x', '>= 10.9.0', [fixed('10.0.0', '10.9.0')], null],
  [
    '<= 10',
    '^6.14.4 || ^8.11.4 || >= 10.9.0',
    [fixed(null, '6.14.4'), fixed('7.0.0-0', '8.11.4'), fixed('9.0.0-0', '10.9.0')],
    null,
  ],
  ['8.5.0', '^8.6.0', [{ introduced: '8.5.0', fixed: null, lastAffected: '8.5.0' }], null],
  ['>=6.0.0 <6.2.0', '^4.4.6', [fixed('6.0.0', '6.2.0')], null],
  // Both comparators hold at once, however little the second one adds (hoek, CVE-2018-3728).
  ['<5.0.3 >=5.0.0 || < 4.2.1', '>=5.0.3 >=4.2.1', [fixed('5.0.0', '5.0.3'), fixed(null, '4.2.1')], null],
  ['<2.0.0 <=1.5.0 >=1.0.0', '', [{ introduced: '1.0.0', fixed: null, lastAffected: '1.5.0' }], null],
  // The patched version lies below what is called vulnerable: all of that is.
  ['^7.1.0', '^7.2.0', [fixed('7.1.0', '7.2.0')], null],
  ['<13.0.8', '>=13.0.8', [fixed(null, '13.0.8')], null],
  ['<=1.2.3', '>=1.2.4', [fixed(null, '1.2.4')], null],
  // 1.2.4 may or may not exist; it is not called vulnerable, and the fix that is known lies further on.
  ['<=1.2.3', '>=1.3.0', [{ introduced: null, fixed: null, lastAffected: '1.2.3' }], null],
  ['<=99.999.99999', '<0.0.0', [{ introduced: null, fixed: null, lastAffected: null }], null],
  ['*', '', [{ introduced: null, fixed: null, lastAffected: null }], null],
  ['<=1.2.3', '', [{ introduced: null, fixed: null, lastAffected: '1.2.3' }], null],
  ['*', '*', [], null],
])('%s without %s', (vulnerable, patched, ranges, expression) => {
  expect(toRanges(vulnerable, patched)).toEqual({ ranges, expression });
});

test('what is no range is not guessed', () => {
  expect(toRanges('all of them', '')).toBeUndefined();
  expect(toRanges('1.x', 'soon')).toBeUndefined();
});
