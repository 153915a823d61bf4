import { expect, test } from 'vitest';
import { itemsOf, linesOf } from '../test-items.ts';
import { photonCve } from './index.ts';

const flaw = (more: object) => ({
  cve_id: 'CVE-2023-38545',
  pkg: 'curl',
  cve_score: 9.8,
  aff_ver: 'all versions before 7.88.1-4.ph4 are vulnerable',
  res_ver: '7.88.1-4.ph4',
  status: 'Fixed',
  ...more,
});

// Statuses and oddities of VMware's own lists, as vunnel's tests have them.
test.each([
  [flaw({}), ['CVE-2023-38545', 'photon:4.0 source curl ..7.88.1-4.ph4', 'photon:4.0 binary curl ..7.88.1-4.ph4']],
  [flaw({ aff_ver: '', res_ver: 'NA', status: 'Not Affected' }), []],
  [flaw({ aff_ver: 'NA', res_ver: 'NA' }), ['skipped CVE-2023-38545: curl is fixed, in no version that is named']],
  [
    flaw({ res_ver: 'NA', status: 'Not Fixed', aff_ver: null }),
    ['CVE-2023-38545', 'photon:4.0 source curl ..null', 'photon:4.0 binary curl ..null'],
  ],
  [
    flaw({ cve_id: 'BDSA-2025-0719' }),
    ['BDSA-2025-0719', 'photon:4.0 source curl ..7.88.1-4.ph4', 'photon:4.0 binary curl ..7.88.1-4.ph4'],
  ],
  [
    flaw({ cve_id: 'UNK-1' }),
    ['skipped null: no flaw: cve_id Invalid string: must match pattern /^(?:CVE|BDSA)-\\d{4}-\\d{4,8}$/'],
  ],
])('a flaw of Photon: %#', async (record, lines) => {
  const list = { 'photon-cve/cve_data_photon4.0.json': JSON.stringify([record]) };
  expect(linesOf(await itemsOf(photonCve, list))).toEqual(lines);
});

test('a list that is none is skipped', async () => {
  expect(
    linesOf(await itemsOf(photonCve, { 'cve_data_photon5.0.json': '{}', 'cve_data_photon4.0.json': '[' })),
  ).toEqual(['skipped null: no list of flaws', 'skipped null: not valid JSON']);
});
