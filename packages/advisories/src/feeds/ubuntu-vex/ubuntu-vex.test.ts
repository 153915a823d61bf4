import { type Advisory, judgeSubject } from '@hullcheck/core';
import { describe, expect, it, test } from 'vitest';
import { tarBytes } from '../test-archives.ts';
import { itemsOf, linesOf } from '../test-items.ts';
import { ubuntuVex } from './index.ts';

// In the form that Canonical publishes, with its second question mark; the packages are made up.
const statement = (status: string, ...products: readonly string[]) => ({
  vulnerability: { '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2024-1000', name: 'CVE-2024-1000', aliases: [] },
  timestamp: '2024-10-23 18:15:00 UTC',
  products: products.map((id) => ({ '@id': `pkg:deb/ubuntu/${id}` })),
  status,
});
const documentOf = (...statements: readonly object[]) =>
  JSON.stringify({
    metadata: {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      '@id': 'https://github.com/canonical/ubuntu-security-notices/blob/main/vex/cve/2024/CVE-2024-1000',
      author: 'Canonical Ltd.',
      timestamp: '2024-12-18T16:54:46.792568',
      version: 2,
    },
    statements,
  });
const read = async (text: string, path = 'main/vex/cve/2024/CVE-2024-1000.json') =>
  await itemsOf(ubuntuVex, { 'vex-all.tar': tarBytes([{ path, text }]) });

test('source packages are read by release, binaries and other products are not', async () => {
  const items = await read(
    documentOf(
      statement(
        'fixed',
        'openssl@3.0.2-0ubuntu1.15?arch=src?distro=ubuntu/jammy',
        'libssl3@3.0.2-0ubuntu1.15?arch=amd64',
      ),
      statement('not_affected', 'openssl@3.0.13-0ubuntu3?arch=src?distro=ubuntu/noble'),
      statement(
        'affected',
        'openssl@1.1.1f-1ubuntu2?arch=source&distro=focal',
        'edk2@2022.02-3?arch=src?distro=ubuntu/jammy',
        'nodejs@8.10~dfsg-2?arch=src?distro=esm-apps/bionic',
        'bash@4.3-7?arch=source&distro=esm-infra-legacy/trusty',
        'linux-fips@5.4?arch=src?distro=fips/focal',
      ),
      statement('under_investigation', 'g%2B%2B-x@1%3A4-1?arch=src&distro=ubuntu/trusty'),
      statement('fixed', 'nofix?arch=src&distro=ubuntu/trusty'),
    ),
  );
  expect(linesOf(items)).toEqual([
    'CVE-2024-1000',
    'ubuntu:22.04 source openssl undetermined ..3.0.2-0ubuntu1.15',
    'ubuntu:24.04 source openssl not-affected',
    'ubuntu:20.04 source openssl',
    'ubuntu:22.04 source edk2',
    'ubuntu:18.04 source nodejs',
    'ubuntu:14.04 source bash',
    'ubuntu:14.04 source g++-x under-investigation',
    'ubuntu:14.04 source nofix undetermined',
  ]);
  expect(items[0]).toMatchObject({ advisory: { modified: '2024-12-18T16:54:46Z', feed: 'ubuntu-vex' } });
});

describe('a release and its extended support', () => {
  const main = (status: string) => statement(status, 'x@1-1ubuntu1?arch=src?distro=ubuntu/xenial');
  const esm = (status: string) => statement(status, 'x@1-1ubuntu1.1~esm1?arch=src?distro=esm-infra/xenial');
  it.each<[string, readonly object[], string]>([
    [
      'a fix for subscribers ends what the archive leaves open',
      [main('affected'), esm('fixed')],
      'x undetermined ..1-1ubuntu1.1~esm1',
    ],
    ['the archive’s fix is the lower one', [main('fixed'), esm('fixed')], 'x undetermined ..1-1ubuntu1'],
    ['what is open for both is open', [main('affected'), esm('affected')], 'x'],
    ['what the archive does not have is not affected', [main('not_affected'), esm('affected')], 'x not-affected'],
  ])('%s', async (_, statements, expected) => {
    expect(linesOf(await read(documentOf(...statements)))[1]).toBe(`ubuntu:16.04 source ${expected}`);
  });
});

it.each([
  ['{', 'skipped null: not valid JSON'],
  [
    '{"statements":[{"status":"fixed"}]}',
    'skipped null: no OpenVEX document: statements.0.vulnerability Invalid input: expected object, received undefined',
  ],
  [documentOf(), 'skipped null: makes no statement'],
  [documentOf(statement('affected', 'x@1?arch=amd64')), 'skipped CVE-2024-1000: names no package of a release'],
  [documentOf(statement('affected', 'x@%zz?arch=src?distro=ubuntu/jammy')), 'CVE-2024-1000'],
  [
    documentOf({ ...statement('affected', 'x@1?arch=src&distro=jammy'), vulnerability: { name: 'GHSA-1' } }),
    'skipped GHSA-1: is about no CVE',
  ],
])('of a document %s no more is taken than it says', async (text, expected) => {
  expect(linesOf(await read(text))[0]).toBe(expected);
});

describe('one flaw is one finding', () => {
  const subject = (version: string) => ({
    type: 'deb',
    name: 'openssh-server',
    version,
    source: { name: 'openssh', version },
    distribution: { id: 'ubuntu', release: '22.04' },
  });
  const osv: Advisory = {
    id: 'CVE-2024-1000',
    feed: 'ubuntu-osv',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [
      {
        ecosystem: 'ubuntu:22.04',
        name: 'openssh',
        nameKind: 'source',
        scheme: 'deb',
        ranges: [{ introduced: null, fixed: '1:8.9p1-3ubuntu0.10', lastAffected: null }],
        versions: [],
        expression: null,
        status: 'affected',
        urgency: null,
      },
    ],
  };

  it.each<[string, string, readonly Advisory[], string]>([
    ['of a build that is older than the archive’s nothing is said', '1:8.9p1-3ubuntu0.12', [], 'undetermined'],
    ['the archive’s own is fixed', '1:8.9p1-3ubuntu0.17', [], 'fixed'],
    ['who knows the first fixed version decides', '1:8.9p1-3ubuntu0.12', [osv], 'fixed'],
    ['so it does below that version', '1:8.9p1-3ubuntu0.9', [osv], 'affected'],
    ['Ubuntu’s tracker as well', '1:8.9p1-3ubuntu0.12', [{ ...osv, feed: 'ubuntu-cve-tracker' }], 'fixed'],
  ])('%s', async (_, version, more, verdict) => {
    const text = documentOf(statement('fixed', 'openssh@1:8.9p1-3ubuntu0.17?arch=source&distro=jammy'));
    const own = (await read(text)).flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
    expect(judgeSubject(subject(version), [...own, ...more], new Map())).toMatchObject([
      { id: 'CVE-2024-1000', verdict },
    ]);
  });
});

test('its own address serves a form that is not read, and that is said', async () => {
  const io = {
    now: '',
    pointer: () => Promise.reject(new Error('none')),
    download: () => Promise.reject(new Error('none')),
  };
  await expect(ubuntuVex.fetch(io, undefined)).rejects.toMatchObject({ code: 'unsupported' });
});
