import type { FindingRow } from '@hullcheck/contract';

/** What a finding's status says where a fixed version would stand. */
export const statusWords: { readonly [status in FindingRow['status']]: string } = {
  affected: 'no fix yet',
  'fixed-available': 'fix available',
  'will-not-fix': "won't be fixed",
  'not-affected': 'not affected',
  'under-investigation': 'being looked into',
  undetermined: "can't be compared",
};
