import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Advisory, judgeSubject } from '@hullcheck/core';
import { describe, expect, it, test } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { itemsOf, linesOf } from '../test-items.ts';
import { redhatOval } from './index.ts';
import { streamsOf } from './streams.ts';

// Made for these tests in the form that Red Hat documents and serves; numbers of flaws and builds are real or near real.
const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'testdata', name));
const MAIN = 'rhel-8-including-unpatched.oval.xml';
const EUS = 'rhel-8.4-eus.oval.xml.bz2';
const text = fixture(MAIN).toString('utf8');
const advisoriesOf = (items: readonly FeedItem[]): readonly Advisory[] =>
  items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));

test('errata, what is not fixed and what is not affected are read with stream, module and architectures', async () => {
  const items = await itemsOf(redhatOval, { [`RHEL8/${MAIN}`]: text, [`RHEL8/${EUS}`]: fixture(EUS) });
  const arches = 'aarch64|ppc64le|s390x|x86_64';
  expect(linesOf(items)).toEqual([
    'RHSA-2022:7821 CVE-2022-35255 CVE-2022-35256',
    `rhel:8 nodejs:18 binary nodejs important ${arches} ..1:18.9.1-1.module+el8.7.0+16806+4709350e`,
    `rhel:8 nodejs:18 binary npm important ${arches} ..1:8.19.1-1.18.9.1.1.module+el8.7.0+16806+4709350e`,
    'RHSA-2022:1234 CVE-2022-0001',
    'rhel:8 binary kernel-core moderate aarch64|x86_64 ..0:4.18.0-372.9.1.el8',
    'rhel:8 binary perf moderate aarch64|x86_64 ..0:4.18.0-372.9.1.el8',
    'CVE-2022-0005',
    'rhel:8 binary expat low',
    'rhel:8 binary glibc low',
    'rhel:8 binary tar will-not-fix low',
    'rhel:8 binary gzip will-not-fix low',
    'rhel:8 binary bash under-investigation low',
    'rhel:8 binary zlib undetermined low',
    'rhel:8 nodejs:16 binary nodejs will-not-fix low',
    'CVE-2022-0005',
    'rhel:8 binary sed not-affected moderate',
    'rhel:8 binary grep not-affected moderate',
    'skipped oval:com.redhat.rhba:def:20191992: names no package of a release that is known (RHBA-2019:1992)',
    'skipped oval:com.redhat.rhea:def:20200330: names no CVE',
    'RHSA-2022:5678 CVE-2022-0001',
    'rhel:8 rhel_eus:8.4 binary kernel-core moderate aarch64|x86_64 ..0:4.18.0-305.45.1.el8_4',
    'dated 2024-10-30T09:30:12Z',
  ]);
  const [nodejs, kernel] = advisoriesOf(items);
  // A vector of one of two flaws would be taken for the other's.
  expect([nodejs?.cvss, nodejs?.categories]).toEqual([[], []]);
  expect(kernel).toMatchObject({
    cvss: [{ vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N', source: 'redhat-oval' }],
    categories: ['CWE-200', 'CWE-203'],
    published: '2022-04-05T00:00:00Z',
    modified: '2022-04-06T00:00:00Z',
    references: [
      { source: 'redhat', url: 'https://access.redhat.com/errata/RHSA-2022:1234' },
      { source: 'redhat', url: 'https://access.redhat.com/security/cve/CVE-2022-0001' },
    ],
  });
});

describe('a document', () => {
  const withoutCpes = text.replace(/<affected_cpe_list>.*?<\/affected_cpe_list>/gs, '');
  it.each([
    ['RHEL8/rhel-8.oval.xml', undefined],
    ['RHEL8/rhel-8.6-aus-including-unpatched.oval.xml', 'rhel_aus:8.6'],
    ['RHEL7/rhel-7-els.oval.xml', undefined],
    ['RHEL8/ansible-2.oval.xml', 'none'],
  ])('without CPEs is of the stream that its name says: %s', async (name, product) => {
    const found = advisoriesOf(await itemsOf(redhatOval, { [name]: withoutCpes })).flatMap(({ affected }) => affected);
    const kernel = found.find((entry) => entry.name === 'perf');
    // RHEL 7's stream has none of release 8.
    const isThere = product !== 'none' && !name.startsWith('RHEL7');
    expect(kernel === undefined).toBe(!isThere);
    expect(kernel?.product).toBe(isThere ? product : undefined);
  });

  it('of a CPE that is both a stream and the release says it of both', async () => {
    const both = text.replace(
      '<cpe>cpe:/a:redhat:enterprise_linux:8</cpe>',
      '<cpe>cpe:/o:redhat:rhel_tus:8.4::baseos</cpe><cpe>cpe:/a:redhat:openshift:4.16::el9</cpe>',
    );
    const [nodejs] = advisoriesOf(await itemsOf(redhatOval, { [MAIN]: both }));
    expect(nodejs?.affected.map(({ name, product }) => `${name} ${product}`)).toEqual([
      'nodejs rhel_tus:8.4',
      'nodejs undefined',
      'npm rhel_tus:8.4',
      'npm undefined',
    ]);
  });

  it.each<[string, string, string, string]>([
    [
      'a test that is missing makes what it restricts uncertain',
      'Module nodejs:18 is enabled" test_ref="',
      '$&x',
      'undetermined',
    ],
    [
      'a name of a module that is none is no condition that is known',
      'Module nodejs:18 is',
      'Module 18 is',
      'undetermined',
    ],
    [
      'another release is none of ours',
      'Red Hat Enterprise Linux 8 is installed',
      'Red Hat CoreOS 4 is installed',
      'absent',
    ],
  ])('%s', async (_, from, to, expected) => {
    const changed = text.replaceAll(from, to);
    const [first] = advisoriesOf(await itemsOf(redhatOval, { [MAIN]: changed })).filter(
      ({ id }) => id === 'RHSA-2022:7821',
    );
    expect(first?.affected[0]?.status ?? 'absent').toBe(expected);
  });

  it('that is cut, or is no XML, is a fault', async () => {
    const half = text.slice(0, text.indexOf('<states>'));
    await expect(itemsOf(redhatOval, { [MAIN]: half })).rejects.toMatchObject({ code: 'truncated' });
    await expect(itemsOf(redhatOval, { [MAIN]: `${half}<a></b>` })).rejects.toMatchObject({ code: 'feed-invalid' });
    await expect(itemsOf(redhatOval, { [EUS]: fixture(EUS).subarray(0, 900) })).rejects.toMatchObject({
      name: 'Fault',
    });
  });

  it('with a definition of no known kind skips that one', async () => {
    const changed = text.replace('oval:com.redhat.rhsa:def:20227821', 'oval:com.redhat.rhsa:def:x');
    const items = await itemsOf(redhatOval, { [MAIN]: changed });
    expect(linesOf(items)[0]).toBe('skipped oval:com.redhat.rhsa:def:x: is of no kind that is known');
    expect(advisoriesOf(items)).toHaveLength(3);
  });
});

test('of the manifest the streams of RHEL and OpenShift are taken, the fuller document of each', () => {
  const sum = 'a'.repeat(64);
  const manifest = [
    'RHEL8/rhel-8.oval.xml.bz2',
    'RHEL8/rhel-8-including-unpatched.oval.xml.bz2',
    'RHEL8/rhel-8.4-eus.oval.xml.bz2',
    'RHEL8/openshift-4-including-unpatched.oval.xml.bz2',
    'RHEL8/openshift-4.oval.xml.bz2',
    'RHEL7/rhel-7-els.oval.xml.bz2',
    'RHEL8/ansible-2-including-unpatched.oval.xml.bz2',
    'RHEL8/../../rhel-8.oval.xml.bz2',
    'RHEL8/rhel-8.oval.xml.bz2?x',
    'https://elsewhere.example/RHEL9/rhel-9.oval.xml.bz2',
  ].map((name) => `${name},${sum},12994`);
  expect(streamsOf(manifest.join('\n'))).toEqual([
    'RHEL8/rhel-8-including-unpatched.oval.xml.bz2',
    'RHEL8/rhel-8.4-eus.oval.xml.bz2',
    'RHEL8/openshift-4-including-unpatched.oval.xml.bz2',
    'RHEL7/rhel-7-els.oval.xml.bz2',
  ]);
  const many = Array.from({ length: 2000 }, (_, at) => `RHEL8/rhel-8.${at % 100}-eus.oval.xml.bz2,,`);
  expect(streamsOf([...many, ...many.map((line) => line.replace('eus', 'aus'))].join('\n'))).toHaveLength(200);
});

describe('beside the VEX documents', () => {
  const vex = (affected: Advisory['affected'], id = 'CVE-2022-0001'): Advisory => ({
    id,
    feed: 'redhat-csaf-vex',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected,
  });
  const kernel = (version: string, contentSets?: readonly string[]) => ({
    type: 'rpm',
    name: 'kernel-core',
    version,
    source: { name: 'kernel', version },
    distribution: { id: 'rhel', release: '8' },
    architecture: 'x86_64',
    ...(contentSets === undefined ? {} : { contentSets }),
  });
  const eus = ['rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_4'];
  const source = (fixed: string, name = 'kernel'): Advisory['affected'][number] => ({
    ecosystem: 'rhel:8',
    name,
    nameKind: 'source',
    scheme: 'rpm',
    ranges: [{ introduced: null, fixed, lastAffected: null }],
    versions: [],
    expression: null,
    status: 'affected',
    urgency: 'moderate',
  });

  it.each<[string, ReturnType<typeof kernel>, readonly Advisory[], string]>([
    [
      'a stream’s own fix decides, not the release’s',
      kernel('4.18.0-305.45.1.el8_4', eus),
      [],
      'fixed rpm-binary-content-set redhat-oval',
    ],
    [
      'a build below the stream’s fix is affected',
      kernel('4.18.0-305.45.0.el8_4', eus),
      [],
      'affected rpm-binary-content-set redhat-oval',
    ],
    [
      'without repositories the release’s fix decides',
      kernel('4.18.0-305.45.1.el8_4'),
      [],
      'affected rpm-binary redhat-oval',
    ],
    ['at the release’s fix it ends', kernel('4.18.0-372.9.1.el8'), [], 'fixed rpm-binary redhat-oval'],
    [
      'what VEX says decides',
      kernel('4.18.0-372.9.1.el8'),
      [vex([source('4.18.0-400.1.1.el8')])],
      'affected rpm-source redhat-csaf-vex',
    ],
    [
      'what VEX says decides for a stream too',
      kernel('4.18.0-305.45.1.el8_4', eus),
      [vex([source('4.18.0-400.1.1.el8')])],
      'affected rpm-source redhat-csaf-vex',
    ],
    [
      'where VEX is silent of the package, OVAL is heard',
      kernel('4.18.0-305.1.1.el8'),
      [vex([source('1-1', 'kernel-rt')])],
      'affected rpm-binary redhat-oval',
    ],
  ])('one flaw is one finding: %s', async (_, subject, more, expected) => {
    const oval = advisoriesOf(await itemsOf(redhatOval, { [MAIN]: text, [EUS]: fixture(EUS) }));
    const judged = judgeSubject(subject, [...oval, ...more], new Map());
    expect(judged.map(({ id }) => id)).toEqual(['CVE-2022-0001']);
    const [only] = judged;
    expect(`${only?.verdict} ${only?.evidence.rule} ${only?.evidence.advisories.at(0)?.feed}`).toBe(expected);
  });
});
