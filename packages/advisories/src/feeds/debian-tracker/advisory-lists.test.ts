import { expect, test } from 'vitest';
import { memorySnapshot } from '../snapshot.ts';
import { listOf } from '../test-archives.ts';
import { debianTracker } from './index.ts';

const LIST = `[21 Aug 2026] DSA-6457-1 openjdk-21 - security update
\t{CVE-2026-60589 CVE-2026-61308}
\t[trixie] - openjdk-21 21.0.12.1+1-1~deb13u1
        [trixie] - curl 9.9-9
        [buster] - curl  7.64-4+deb10u9
\t[squeeze] - curl 1-1
\t[stretch] - chromium <end-of-life> (see DSA-1)
\tNOTE: prose
[20 Aug 2026] DSA-6456-2 spip - regression update
\t[trixie] - spip 4.4.22
[broken head
\t{CVE-2026-60000}
\t[unknown] - spip 1
`;

test('announced fixes speak only where the table is silent', async () => {
  const tracker = { curl: { 'CVE-2024-1000': { releases: { trixie: { status: 'open' } } } } };
  const releases = 'version,series\n6.0,squeeze\n9,stretch\n10,buster\n13,trixie\n';
  const snapshot = memorySnapshot('debian-tracker', [], {
    'tracker.json': { part: 'debian-tracker', bytes: Buffer.from(JSON.stringify(tracker)) },
    'releases.csv': { part: 'debian-tracker', bytes: Buffer.from(releases) },
    'DSA/list': { part: 'debian-tracker/announcements', bytes: Buffer.from(LIST) },
  });
  const items = await listOf(debianTracker.parse(snapshot, new AbortController().signal));
  const told = items.flatMap((item) =>
    item.kind === 'advisory' && item.part === 'debian-tracker/announcements'
      ? item.advisory.affected.map((one) => [item.advisory.id, one.ecosystem, one.name, one.ranges[0]?.fixed])
      : [],
  );
  expect(told).toEqual([
    ['CVE-2026-60589', 'debian:13', 'openjdk-21', '21.0.12.1+1-1~deb13u1'],
    ['CVE-2026-61308', 'debian:13', 'openjdk-21', '21.0.12.1+1-1~deb13u1'],
    ['CVE-2026-60589', 'debian:10', 'curl', '7.64-4+deb10u9'],
    ['CVE-2026-61308', 'debian:10', 'curl', '7.64-4+deb10u9'],
  ]);
  expect(items.flatMap((item) => (item.kind === 'skipped' ? [item.record] : []))).toEqual([
    '[broken head',
    ' [unknown] - spip 1',
  ]);
});
