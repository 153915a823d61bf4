import { describe, expect, it } from 'vitest';
import { type ErrataSource, erratumItems } from './errata-osv.ts';

const erratum = (more: object, fixed = '0:1.2-3.el8') =>
  JSON.stringify({
    id: 'ALSA-2024:0001',
    summary: 'Important: openssl security update',
    published: '2024-01-02T00:00:00Z',
    related: ['CVE-2024-0002', 'CVE-2024-0001'],
    references: [
      { type: 'ADVISORY', url: 'https://errata.almalinux.org/8/ALSA-2024-0001.html' },
      { type: 'ADVISORY', url: 'https://access.redhat.com/errata/RHSA-2024:0001' },
    ],
    affected: [
      {
        package: { ecosystem: 'AlmaLinux:8', name: 'openssl-libs' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
    ...more,
  });
const alma: ErrataSource = {
  feed: 'almalinux-osv',
  osvName: 'AlmaLinux',
  distribution: 'almalinux',
  nameKind: 'binary',
  site: 'https://errata.almalinux.org/',
};
const read = (text: string, source = alma) => [...erratumItems(text, 'ALSA.json', source)];

describe('an erratum', () => {
  it('names binary packages of a release, and every CVE that it fixes', () => {
    expect(read(erratum({}))).toMatchObject([
      {
        kind: 'advisory',
        advisory: {
          id: 'ALSA-2024:0001',
          aliases: ['CVE-2024-0001', 'CVE-2024-0002'],
          references: [{ source: 'almalinux', url: 'https://errata.almalinux.org/8/ALSA-2024-0001.html' }],
          affected: [
            {
              ecosystem: 'almalinux:8',
              name: 'openssl-libs',
              nameKind: 'binary',
              scheme: 'rpm',
              ranges: [{ introduced: null, fixed: '0:1.2-3.el8', lastAffected: null }],
              urgency: 'important',
            },
          ],
        },
      },
    ]);
  });

  it('of a module has one entry for each stream that its summary names', () => {
    const text = erratum(
      { summary: 'Moderate: idm:DL1 and idm:client security update' },
      '4.9-1.module_el8.5.0+2603+92118e57',
    );
    const [item] = read(text);
    expect(item?.kind === 'advisory' && item.advisory.affected.map(({ module }) => module)).toEqual([
      'idm:DL1',
      'idm:client',
    ]);
  });

  it.each([
    [erratum({ related: [] }), 'names no CVE'],
    [erratum({}, '4.9-1.module_el8.5.0+1+a'), 'without the name of its stream'],
    [erratum({ id: 'RHSA-1' }), 'no erratum'],
    [
      erratum({ affected: [{ package: { ecosystem: 'Red Hat:8', name: 'a' }, ranges: [] }] }),
      'no package of AlmaLinux',
    ],
    ['{', 'not valid JSON'],
  ])('is skipped with its reason: %#', (text, reason) => {
    const [item] = read(text);
    expect(item?.kind === 'skipped' && item.problem.detail).toContain(reason);
  });
});
