import type { FindingRow, ImageAdvice } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import { findingKey, groupFindings, matchesText } from './grouping.ts';

const finding = (id: string, change: Partial<FindingRow> & { readonly via?: string } = {}): FindingRow => ({
  id,
  aliases: [],
  title: 'out-of-bounds write in openssl',
  categories: [],
  references: [],
  severity: 'high',
  rating: 'severe',
  cvss: null,
  status: 'fixed-available',
  fixedIn: ['1.1.1n-0+deb11u1'],
  package: { purl: 'pkg:deb/debian/libssl1.1@1.1.1k-1', name: 'libssl1.1', version: '1.1.1k-1' },
  layer: null,
  published: null,
  kev: false,
  epss: null,
  exploit: 'none',
  risk: 300,
  explanation: '',
  evidence: { rule: 'debian-source', range: '', compared: '1.1.1k-1', via: change.via ?? 'openssl', advisories: [] },
  inherited: null,
  ...change,
});

const update = (name: string, more: Partial<ImageAdvice['updates'][number]> = {}): ImageAdvice['updates'][number] => ({
  name,
  type: 'deb',
  by: 'package-manager',
  packages: [name],
  purls: [`pkg:deb/debian/${name}@1`],
  from: '1',
  to: '2',
  findings: 1,
  worst: 300,
  leaves: 0,
  ...more,
});
const advice = (updates: ImageAdvice['updates'], releaseEnded: string | null = null): ImageAdvice => ({
  updates,
  remedies: { packageManager: 0, update: 0, newBase: 0, noFix: 0, unclear: 0 },
  releaseEnded,
});
const at = (name: string, purl = `pkg:deb/debian/${name}@1`) => ({ package: { purl, name, version: '1' } });

it('shows the updates of the advice in its order, each with its findings that are shown', () => {
  const groups = groupFindings(
    [
      finding('CVE-1', { risk: 700, ...at('libssl') }),
      finding('CVE-2', at('openssl')),
      finding('CVE-3', at('lodash', 'pkg:npm/lodash@1')),
    ],
    advice([
      update('openssl', {
        to: '1.1.1w-0+deb11u10',
        packages: ['libssl', 'openssl'],
        purls: ['pkg:deb/debian/libssl@1', 'pkg:deb/debian/openssl@1'],
      }),
      update('zlib'),
      update('lodash', { type: 'npm', by: 'dependency', purls: ['pkg:npm/lodash@1'], leaves: 1 }),
    ]),
  );
  expect(groups.system).toMatchObject([
    { name: 'openssl', to: '1.1.1w-0+deb11u10', worst: 700, findings: [{ id: 'CVE-1' }, { id: 'CVE-2' }] },
  ]);
  expect(groups.upgrades).toMatchObject([{ name: 'lodash', leaves: 1, findings: [{ id: 'CVE-3' }] }]);
});

it('parts what needs another base from what has no fix and what is not decided', () => {
  const open = [
    finding('CVE-1', { status: 'affected', fixedIn: [] }),
    finding('CVE-2', { status: 'will-not-fix', fixedIn: [] }),
    finding('CVE-3', { status: 'undetermined' }),
    finding('CVE-4', { status: 'not-affected' }),
    finding('CVE-5', { status: 'affected', fixedIn: [], ...at('lodash', 'pkg:npm/lodash@1') }),
  ];
  const ids = (rows: readonly FindingRow[]) => rows.map(({ id }) => id);
  const groups = groupFindings(open, advice([]));
  expect(ids(groups.newBase)).toEqual(['CVE-2']);
  expect(ids(groups.unfixed)).toEqual(['CVE-1', 'CVE-5']);
  expect(ids(groups.judged)).toEqual(['CVE-3', 'CVE-4']);
  const ended = groupFindings(open, advice([], '2026-08-31'));
  expect(ids(ended.newBase)).toEqual(['CVE-1', 'CVE-2']);
  expect(ids(ended.unfixed)).toEqual(['CVE-5']);
});

it('loses no finding for which the advice, of another moment, has no update', () => {
  const groups = groupFindings([finding('CVE-1')], advice([]));
  expect(groups.judged.map(({ id }) => id)).toEqual(['CVE-1']);
});

it('puts apart what is no vulnerability of the image, whatever its status', () => {
  const reason = 'only headers of the kernel are installed; a container runs the kernel of its host';
  const groups = groupFindings(
    [
      finding('CVE-1', { setAside: { kind: 'kernel-headers', reason } }),
      finding('CVE-2', { status: 'affected', fixedIn: [], setAside: { kind: 'unmaintained', reason: '' } }),
    ],
    advice([]),
  );
  expect(groups.apart.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
  expect([...groups.system, ...groups.upgrades, ...groups.newBase, ...groups.unfixed, ...groups.judged]).toEqual([]);
});

it('keeps the same id in two packages apart', () => {
  const other = finding('CVE-1', {
    package: { purl: 'pkg:deb/debian/openssl@1.1.1k-1', name: 'openssl', version: '1.1.1k-1' },
  });
  expect(findingKey(finding('CVE-1'))).not.toBe(findingKey(other));
});

it('finds by id, alias, package, source and words', () => {
  const one = finding('CVE-2022-0778', { aliases: ['DSA-5103-1'] });
  expect(['cve-2022', 'dsa-5103', 'libssl', 'OpenSSL', 'bounds'].every((text) => matchesText(one, text))).toBe(true);
  expect(matchesText(one, 'zlib')).toBe(false);
});
