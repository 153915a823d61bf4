import { expect, test } from 'vitest';
import { memorySnapshot } from '../snapshot.ts';
import { listOf } from '../test-archives.ts';
import { debianTracker } from './index.ts';

const RELEASES =
  'version,codename,series,created\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11\n13,Trixie,trixie,2023\n,Sid,sid,1993\n';

function parse(tracker: unknown) {
  const text = typeof tracker === 'string' ? tracker : JSON.stringify(tracker);
  const snapshot = memorySnapshot(
    'debian-tracker',
    [{ id: 'debian-tracker', updatedAt: '2026-08-21T00:00:00Z', extent: 'whole' }],
    {
      'tracker.json': { part: 'debian-tracker', bytes: Buffer.from(text) },
      'releases.csv': { part: 'debian-tracker', bytes: Buffer.from(RELEASES) },
    },
  );
  return listOf(debianTracker.parse(snapshot, new AbortController().signal));
}

test.each([
  [
    'fixed',
    { status: 'resolved', fixed_version: '1.2-3+deb12u1', urgency: 'not yet assigned' },
    'affected',
    '1.2-3+deb12u1',
    null,
  ],
  [
    'never affected',
    { status: 'resolved', fixed_version: '0', urgency: 'unimportant' },
    'not-affected',
    undefined,
    'unimportant',
  ],
  ['resolved without a version', { status: 'resolved' }, 'undetermined', undefined, null],
  ['open', { status: 'open', urgency: 'medium' }, 'affected', null, 'medium'],
  ['open, may come', { status: 'open', nodsa: 'Minor issue', nodsa_reason: 'postponed' }, 'affected', null, null],
  ['open, no advisory', { status: 'open', nodsa: 'Minor issue', nodsa_reason: '' }, 'affected', null, null],
  ['ignored', { status: 'open', nodsa: 'Minor issue', nodsa_reason: 'ignored' }, 'will-not-fix', null, null],
  ['past its support', { status: 'open', urgency: 'end-of-life' }, 'will-not-fix', null, 'end-of-life'],
  ['undetermined', { status: 'undetermined', urgency: 'low**' }, 'undetermined', undefined, 'low**'],
])('%s', async (_name, state, status, fixed, urgency) => {
  const [item] = await parse({
    curl: { 'CVE-2024-1': {}, 'CVE-2024-1000': { description: 'prose', releases: { bookworm: state } } },
  }).then((items) => items.filter(({ kind }) => kind === 'advisory'));
  expect(item?.kind === 'advisory' && item.advisory).toMatchObject({
    id: 'CVE-2024-1000',
    affected: [
      {
        ecosystem: 'debian:12',
        name: 'curl',
        nameKind: 'source',
        scheme: 'deb',
        ranges: fixed === undefined ? [] : [{ introduced: null, fixed, lastAffected: null }],
        status,
        urgency,
      },
    ],
  });
});

test('an advisory per package and CVE with every release; what cannot be read is named and the rest stays', async () => {
  const resolved = { status: 'resolved', fixed_version: '2' };
  const items = await parse({
    a: {
      'CVE-2024-1000': { releases: { bookworm: resolved, trixie: resolved, sid: resolved, potato: resolved } },
      'TEMP-0000000-ABCDEF': { releases: { trixie: { status: 'new word' } } },
      'not an id': { releases: {} },
    },
    b: null,
    c: { 'CVE-2024-1001': { releases: { trixie: resolved } } },
  });
  const taken = items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
  expect(taken.map(({ id, affected }) => [id, affected.map(({ ecosystem, name }) => `${ecosystem} ${name}`)])).toEqual([
    ['CVE-2024-1000', ['debian:12 a', 'debian:13 a', 'debian:sid a']],
    ['CVE-2024-1001', ['debian:13 c']],
  ]);
  expect(items.flatMap((item) => (item.kind === 'skipped' ? [item.record] : []))).toEqual([
    'a CVE-2024-1000 potato',
    'a TEMP-0000000-ABCDEF trixie',
    'a not an id',
    'b',
  ]);
});

test('a tracker that is cut is a fault, not a small tracker', async () => {
  await expect(parse('{"a":{"CVE-2024-1000":{"releases":{}}},')).rejects.toMatchObject({ code: 'truncated' });
  await expect(parse('<html>')).rejects.toMatchObject({ name: 'Fault' });
});
