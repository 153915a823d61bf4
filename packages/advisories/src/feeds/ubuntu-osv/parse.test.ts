import { expect, test } from 'vitest';
import { tarBytes } from '../test-archives.ts';
import { itemsOf, linesOf } from '../test-items.ts';
import { ubuntuOsv } from './index.ts';

const affected = (ecosystem: string, fixed: string | null, name = 'curl') => ({
  package: { ecosystem, name },
  ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === null ? [] : [{ fixed }])] }],
});
const record = (id: string, entries: readonly unknown[], more = {}) => ({
  path: `osv/cve/2024/${id}.json`,
  text: JSON.stringify({ id, affected: entries, ...more }),
});

test('releases, extended support, priority, notices; what cannot be read is named', async () => {
  const archive = tarBytes([
    record(
      'UBUNTU-CVE-2024-1000',
      [
        affected('Ubuntu:Pro:16.04:LTS', '1-1+esm1'),
        affected('Ubuntu:18.04:LTS', null),
        affected('Ubuntu:Pro:18.04:LTS', '2-1+esm1'),
        affected('Ubuntu:22.04:LTS', '3-1'),
        affected('Ubuntu:Pro:22.04:LTS', '3-1+esm9'),
        affected('Ubuntu:25.10', null),
        affected('Ubuntu:Pro:FIPS:22.04:LTS', '3-1+fips1'),
      ],
      {
        withdrawn: '2025-07-18T16:42:51Z',
        related: ['USN-1-1', 'LSN-1'],
        severity: [
          { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' },
          { type: 'Ubuntu', score: 'low' },
        ],
      },
    ),
    record('UBUNTU-CVE-2024-1001', [affected('Ubuntu:Pro:FIPS:22.04:LTS', '1')]),
    record('UBUNTU-CVE-2024-1002', [{ package: { ecosystem: 'Ubuntu:22.04:LTS', name: 'a' } }]),
    { path: 'osv/cve/2024/UBUNTU-CVE-2024-1003.json', text: '{' },
    record('USN-1-1', [affected('Ubuntu:22.04:LTS', '3-1')]),
  ]);
  const items = await itemsOf(ubuntuOsv, { 'ubuntu-osv.tar': archive });
  expect(linesOf(items)).toEqual([
    'CVE-2024-1000',
    'ubuntu:16.04 source curl low ..1-1+esm1',
    'ubuntu:18.04 source curl low ..2-1+esm1',
    'ubuntu:22.04 source curl low ..3-1',
    'ubuntu:25.10 source curl low ..null',
    'skipped UBUNTU-CVE-2024-1001: names no package of a release',
    'CVE-2024-1002',
    'ubuntu:22.04 source a undetermined',
    'skipped null: not valid JSON',
  ]);
  expect(items[0]?.kind === 'advisory' && items[0].advisory).toMatchObject({
    withdrawn: '2025-07-18T16:42:51Z',
    references: [{ source: 'ubuntu', url: 'https://ubuntu.com/security/notices/USN-1-1' }],
    cvss: [{ source: 'ubuntu' }],
  });
});
