import type { FindingRow } from '@hullcheck/contract';
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

it('makes one upgrade of all binaries of a source, to the version that ends all of it', () => {
  const { upgrades } = groupFindings([
    finding('CVE-1', { risk: 700 }),
    finding('CVE-2', {
      fixedIn: ['1.1.1w-0+deb11u10'],
      package: { purl: 'pkg:deb/debian/openssl@1.1.1k-1', name: 'openssl', version: '1.1.1k-1' },
    }),
    finding('CVE-3', { fixedIn: ['1.1.1w-0+deb11u2'] }),
  ]);
  expect(upgrades).toHaveLength(1);
  expect(upgrades[0]).toMatchObject({
    name: 'openssl',
    from: '1.1.1k-1',
    to: '1.1.1w-0+deb11u10',
    packages: ['libssl1.1', 'openssl'],
    worst: 700,
  });
});

it('puts the upgrade first that takes away the highest risk', () => {
  const zlib = {
    via: 'zlib',
    package: { purl: 'pkg:deb/debian/zlib1g@1:1.2.11', name: 'zlib1g', version: '1:1.2.11' },
  };
  expect(
    groupFindings([finding('CVE-1'), finding('CVE-2', { ...zlib, risk: 900 })]).upgrades.map(({ name }) => name),
  ).toEqual(['zlib', 'openssl']);
});

it('parts what has no fix from what someone judged otherwise', () => {
  const groups = groupFindings([
    finding('CVE-1', { status: 'affected', fixedIn: [] }),
    finding('CVE-2', { status: 'will-not-fix', fixedIn: [] }),
    finding('CVE-3', { status: 'undetermined' }),
    finding('CVE-4', { status: 'not-affected' }),
  ]);
  expect(groups.upgrades).toEqual([]);
  expect(groups.unfixed.map(({ id }) => id)).toEqual(['CVE-1']);
  expect(groups.judged.map(({ id }) => id)).toEqual(['CVE-2', 'CVE-3', 'CVE-4']);
});

it('puts apart what is no vulnerability of the image, whatever its status', () => {
  const reason = 'only headers of the kernel are installed; a container runs the kernel of its host';
  const groups = groupFindings([
    finding('CVE-1', { setAside: { kind: 'kernel-headers', reason } }),
    finding('CVE-2', { status: 'affected', fixedIn: [], setAside: { kind: 'unmaintained', reason: '' } }),
  ]);
  expect(groups.apart.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
  expect([...groups.upgrades, ...groups.unfixed, ...groups.judged]).toEqual([]);
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
