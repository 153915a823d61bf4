import { expect, it } from 'vitest';
import { changeWords } from './history-words.ts';

it.each([
  [[{ field: 'severity', before: 'high', after: 'critical' }], 'severity high → critical'],
  [
    [
      { field: 'fixedIn', before: [], after: ['2', '3'] },
      { field: 'kev', before: false, after: true },
    ],
    'fixed in none → 2, 3; CISA KEV no → yes',
  ],
  [[{ field: 'epss', before: null, after: 0.2 }], 'EPSS none → 0.2'],
  [[{ field: 'sources', before: [], after: ['x'] }], undefined],
  [[], undefined],
])('%j', (changes, words) => expect(changeWords({ changes })).toBe(words));
