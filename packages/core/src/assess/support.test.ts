import { expect, test } from 'vitest';
import type { AdvisoryLookup, PackageSupport, SupportLine } from '../advisory.ts';
import type { Package } from '../package.ts';
import { supportKeysOf, supportNotes } from './support.ts';

const NOW = Date.parse('2026-06-30T12:00:00Z');

const line = (covers: string, more: Partial<SupportLine> = {}): SupportLine => ({
  covers,
  status: 'supported',
  from: null,
  extended: null,
  reference: null,
  ...more,
});

const debian12: PackageSupport = {
  key: 'debian:12',
  title: 'Debian 12',
  lines: [
    line('wpewebkit', { status: 'ended', from: '2023-05-09', reference: 'https://bugs.debian.org/1035794' }),
    line('suricata', { status: 'ended', from: '2026-07-01' }),
    line('suricata', { status: 'limited' }),
    line('today', { status: 'ended', from: '2026-06-30' }),
    line('golang*', { status: 'limited' }),
  ],
};
const node: PackageSupport = {
  key: 'cpe:nodejs:node.js',
  title: 'Node.js',
  lines: [
    line('26'),
    line('16', { status: 'ended', from: '2023-09-11', extended: '2027-01-01' }),
    line('2', { status: 'ended' }),
  ],
};
const log4j: PackageSupport = {
  key: 'pkg:maven/org.apache.logging.log4j/log4j-core',
  title: 'Log4j',
  lines: [
    line('2'),
    line('2.12', { status: 'ended', from: '2021-12-14' }),
    line('1', { status: 'ended', from: '2015-10-15' }),
  ],
};
const openssl: PackageSupport = {
  key: 'cpe:openssl:openssl',
  title: 'OpenSSL',
  lines: [line('1.1.1', { status: 'ended', from: '2023-09-11' }), line('3.0', { status: 'ended', from: '2026-09-07' })],
};
const go: PackageSupport = {
  key: 'cpe:golang:go',
  title: 'Go',
  lines: [line('1.20', { status: 'ended', from: '2024-02-06' })],
};

const database = {
  packageSupport: (keys: readonly string[]) =>
    [debian12, node, log4j, openssl, go].filter(({ key }) => keys.includes(key)),
} as unknown as AdvisoryLookup;

function pkg(type: string, name: string, version: string, more: Partial<Package> = {}): Package {
  return {
    purl: `pkg:${type}/${name}@${version}`,
    type,
    name,
    version,
    architecture: null,
    source: null,
    distribution: null,
    licenses: [],
    layer: null,
    paths: [],
    direct: null,
    ownedBy: null,
    analyzer: 'dpkg',
    ...more,
  };
}
const deb = (name: string, source: string, release = '12') =>
  pkg('deb', name, '1', { source: { name: source, version: '1' }, distribution: { id: 'debian', release } });
const cpe = (name: string) => [`cpe:2.3:a:${name}:1:*:*:*:*:*:*:*`];
const nodejs = (version: string, more: Partial<Package> = {}) =>
  pkg('generic', 'node', version, { cpes: cpe('nodejs:node.js'), ...more });

const said = (...packages: Package[]) =>
  supportNotes(packages, database, NOW).map(({ name, version, status, since, subject }) => ({
    name,
    version,
    status,
    since,
    subject,
  }));

test.each([
  [
    'a source that its release gave up',
    deb('libwpewebkit-1.0-3', 'wpewebkit'),
    'ended',
    '2023-05-09',
    'wpewebkit in Debian 12',
  ],
  ['an end to come hides no limit', deb('suricata', 'suricata'), 'limited', null, 'suricata in Debian 12'],
  ['the day itself counts', deb('today', 'today'), 'ended', '2026-06-30', 'today in Debian 12'],
  ['a beginning of names', deb('golang-go', 'golang-1.19'), 'limited', null, 'golang-1.19 in Debian 12'],
  ['a runtime by its CPE', nodejs('16.20.2'), 'ended', '2023-09-11', 'Node.js 16'],
  ['a line without a day', nodejs('2.5.0'), 'ended', null, 'Node.js 2'],
  [
    'the longest line',
    pkg('maven', 'org.apache.logging.log4j/log4j-core', '2.12.4'),
    'ended',
    '2021-12-14',
    'Log4j 2.12',
  ],
  [
    'letters after the line',
    pkg('generic', 'openssl', '1.1.1w', { cpes: cpe('openssl:openssl') }),
    'ended',
    '2023-09-11',
    'OpenSSL 1.1.1',
  ],
  ['the library that came with a compiler', pkg('golang', 'stdlib', 'v1.20.3'), 'ended', '2024-02-06', 'Go 1.20'],
] as const)('%s', (_, found, status, since, subject) => {
  expect(said(found)).toEqual([{ name: found.name, version: found.version, status, since, subject }]);
});

test.each([
  ['of another release', deb('libwpewebkit-1.0-3', 'wpewebkit', '11')],
  ['whose binary alone is named so', deb('wpewebkit', 'other')],
  ['a name that merely begins so', deb('x', 'wpewebkit2')],
  ['of a line that goes on', nodejs('26.1.0')],
  ['of a line whose number merely begins so', nodejs('160.0.0')],
  ['whose line ends only later', pkg('generic', 'openssl', '3.0.1', { cpes: cpe('openssl:openssl') })],
  ['of a longer line that goes on', pkg('maven', 'org.apache.logging.log4j/log4j-core', '2.17.1')],
  ['that a distribution builds and patches', nodejs('16.20.2', { distribution: { id: 'alpine', release: '3.16' } })],
  ['that a distribution owns', nodejs('16.20.2', { ownedBy: 'nodejs' })],
])('nothing is said of a package %s', (_, found) => {
  expect(said(found)).toEqual([]);
});

test('the same package at two places is said once, in the order of subjects', () => {
  expect(
    said(nodejs('16.20.2'), deb('b', 'golang-1.19'), deb('a', 'golang-1.19'), nodejs('16.20.2')).map(
      ({ name, subject }) => [subject, name],
    ),
  ).toEqual([
    ['Node.js 16', 'node'],
    ['golang-1.19 in Debian 12', 'a'],
    ['golang-1.19 in Debian 12', 'b'],
  ]);
});

test('without a database, or with one that has no such rows, nothing is said and nothing fails', () => {
  expect(supportNotes([nodejs('16.0.0')], null, NOW)).toEqual([]);
  expect(supportNotes([nodejs('16.0.0')], {} as AdvisoryLookup, NOW)).toEqual([]);
});

test('keys: the release of what a distribution built, else purl and CPEs', () => {
  expect(supportKeysOf(deb('a', 'b'))).toEqual(['debian:12']);
  expect(supportKeysOf(nodejs('16.0.0'))).toEqual(['pkg:generic/node', 'cpe:nodejs:node.js']);
});
