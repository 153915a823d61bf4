import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inRange } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { toPlatform } from '../red-hat-platform.ts';
import { rangesOf, vexItems } from './parse.ts';

// Red Hat's own documents, without prose and with fewer builds, from claircore's test data (Apache-2.0):
// https://github.com/quay/claircore/tree/main/rhel/vex/testdata and …/test/acceptance/testdata
const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'testdata', name), 'utf8');
const read = (text: string) => [...vexItems(text, 'cve.json', 'redhat-csaf-vex')];

/** `release product module kind name status: ranges`, one a line. */
function linesOf(text: string): readonly string[] {
  return read(text).flatMap((item) => {
    if (item.kind !== 'advisory') return [item.kind === 'skipped' ? `skipped: ${item.problem.detail}` : item.kind];
    return item.advisory.affected.map(({ ecosystem, product, module, nameKind, name, status, ranges }) =>
      [
        [ecosystem, product ?? '-', module ?? '-', nameKind, name, status].join(' '),
        ...ranges.map(({ introduced, fixed }) => `${introduced ?? ''}..${fixed}`),
      ].join(' '),
    );
  });
}

describe('a document of Red Hat', () => {
  it('says which build of each product fixes a flaw, by source package', () => {
    expect(linesOf(fixture('cve-2023-38545.json'))).toEqual([
      'rhel:9 rhel_eus:9.0 - source curl affected ..7.76.1-14.el9_0.9',
      'rhel:9 - - source curl affected ..7.76.1-23.el9_2.4 7.76.1-23.el9_3..7.76.1-26.el9_3.2',
    ]);
    expect(read(fixture('cve-2023-38545.json'))).toMatchObject([
      {
        advisory: {
          id: 'CVE-2023-38545',
          published: '2023-10-11T00:00:00Z',
          cvss: [{ vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
          categories: ['CWE-119'],
          affected: [{ urgency: 'important' }, { urgency: 'important' }],
        },
      },
    ]);
  });

  it('names module streams and products of extended support', () => {
    const lines = linesOf(fixture('cve-2025-40907.json'));
    expect(lines).toContain('rhel:7 rhel_els:7 - source perl-FCGI affected ..1:0.74-8.el7_9.1');
    expect(lines).toContain(
      'rhel:8 - perl-FCGI:0.78 source perl-FCGI affected ..1:0.78-12.module+el8.10.0+23147+df114ff4',
    );
    expect(lines).toContain('rhel:9 rhel_eus:9.4 - source perl-FCGI affected ..1:0.79-8.el9_4.1');
    expect(lines).toContain('rhel:10 - - source perl-FCGI affected ..1:0.82-13.1.el10_0');
  });

  it('tells what will not be fixed from what is not fixed yet', () => {
    const lines = linesOf(fixture('cve-2024-0727.json'));
    expect(lines).toContain('rhel:9 - - source openssl affected ..1:3.0.7-27.el9');
    expect(lines).toContain('rhel:8 - - source openssl affected');
    expect(lines).toContain('rhel:7 - - source openssl will-not-fix');
    expect(linesOf(fixture('cve-2026-2297.json'))).toEqual(
      expect.arrayContaining(['rhel:6 - - source python will-not-fix', 'rhel:9 - - source python3.12 affected']),
    );
  });
});

/** A document of one product with components by their purl. */
function documentOf(status: Record<string, readonly string[]>, cpe = 'cpe:/o:redhat:enterprise_linux:8') {
  const purls = [...new Set(Object.values(status).flat())];
  return JSON.stringify({
    document: { tracking: { id: 'CVE-2024-0001', status: 'final' } },
    product_tree: {
      branches: [
        {
          branches: [
            { product: { product_id: 'p', product_identification_helper: { cpe } } },
            ...purls.map((purl) => ({ product: { product_id: purl, product_identification_helper: { purl } } })),
          ],
        },
      ],
      relationships: purls.map((purl) => ({
        full_product_name: { product_id: `p:${purl}` },
        product_reference: purl,
        relates_to_product_reference: 'p',
      })),
    },
    vulnerabilities: [
      {
        cve: 'CVE-2024-0001',
        product_status: Object.fromEntries(
          Object.entries(status).map(([key, list]) => [key, list.map((purl) => `p:${purl}`)]),
        ),
      },
    ],
  });
}

describe('components', () => {
  const rpm = (rest: string) => `pkg:rpm/redhat/${rest}`;

  it.each<[string, Record<string, readonly string[]>, readonly string[]]>([
    [
      'without a source beside them may be sources',
      { known_affected: [rpm('openssl')] },
      ['rhel:8 - - binary openssl affected', 'rhel:8 - - source openssl affected'],
    ],
    [
      'that stand out from their source keep their own word',
      { known_affected: [rpm('curl?arch=src'), rpm('curl')], known_not_affected: [rpm('libcurl-minimal')] },
      ['rhel:8 - - source curl affected', 'rhel:8 - - binary libcurl-minimal not-affected'],
    ],
    [
      'that are looked into',
      { under_investigation: [rpm('curl?arch=src')] },
      ['rhel:8 - - source curl under-investigation'],
    ],
    [
      'fixed without a source are named themselves, debug builds are not',
      { fixed: [rpm('a@1-2.el8?arch=x86_64&epoch=3'), rpm('a-debuginfo@1-2.el8?arch=x86_64')] },
      ['rhel:8 - - binary a affected ..3:1-2.el8'],
    ],
    [
      'that an update only shipped along say nothing',
      { known_not_affected: [rpm('b@1-2.el8?arch=src')], fixed: [rpm('a@1-2.el8?arch=src')] },
      ['rhel:8 - - source a affected ..1-2.el8'],
    ],
    ['that are no rpm', { known_affected: ['pkg:oci/ubi8?repository_url=r', 'pkg:generic/x'] }, []],
    ['that nobody is affected by', { known_not_affected: [rpm('curl?arch=src')] }, []],
  ])('%s', (_, status, lines) => {
    expect(linesOf(documentOf(status))).toEqual(lines);
  });

  it('of a module that is a component of the product belong to its stream', () => {
    const made = JSON.parse(documentOf({ fixed: [rpm('nodejs@18.1-1.module+el8?arch=src')] }));
    made.product_tree.branches.push({
      product: { product_id: 'm', product_identification_helper: { purl: 'pkg:rpmmod/redhat/nodejs@18:8080:63b3' } },
    });
    made.product_tree.relationships[0].relates_to_product_reference = 'p:m';
    made.product_tree.relationships.push({
      full_product_name: { product_id: 'p:m' },
      product_reference: 'm',
      relates_to_product_reference: 'p',
    });
    expect(linesOf(JSON.stringify(made))).toEqual(['rhel:8 - nodejs:18 source nodejs affected ..18.1-1.module+el8']);
  });

  it('of a product that relates to itself are nobody’s, and cost no time', () => {
    const made = JSON.parse(documentOf({ fixed: [rpm('a@1-1?arch=src')] }));
    made.product_tree.relationships[0].relates_to_product_reference =
      made.product_tree.relationships[0].full_product_name.product_id;
    expect(linesOf(JSON.stringify(made))).toEqual([]);
  });
});

it.each([
  ['{', 'skipped: not valid JSON'],
  ['{"document":{}}', 'skipped: no VEX document: document.tracking'],
  [documentOf({ known_affected: ['pkg:rpm/redhat/a'] }).replaceAll('CVE-2024-0001', 'X-1'), 'skipped: is about no CVE'],
])('%# is skipped with its reason', (text, line) => {
  expect(linesOf(text)[0]).toContain(line);
});

it('a record that was taken back is gone', () => {
  expect(read('{"document":{"tracking":{"id":"CVE-2023-0030","status":"deleted"}}}')).toEqual([]);
});

it.each([
  ['cpe:/o:redhat:enterprise_linux:8', ['rhel:8'], null],
  ['cpe:/a:redhat:enterprise_linux:9::crb', ['rhel:9'], null],
  ['cpe:/o:redhat:enterprise_linux:10.1', ['rhel:10'], null],
  ['cpe:/o:redhat:enterprise_linux_eus:10.0', ['rhel:10'], 'enterprise_linux_eus:10.0'],
  ['cpe:/o:redhat:rhel_aus:8.2::baseos', ['rhel:8'], 'rhel_aus:8.2'],
  ['cpe:/a:redhat:openshift:4.16::el9', ['rhel:9'], 'openshift:4.16'],
  ['cpe:/a:redhat:openshift:4', ['rhel:7', 'rhel:8', 'rhel:9'], 'openshift:4'],
  ['cpe:/a:redhat:satellite:6.14::el8', undefined, undefined],
  ['cpe:/a:redhat:enterprise_linux_ai:3', undefined, undefined],
  [undefined, undefined, undefined],
])('the product %s', (cpe, ecosystems, product) => {
  expect([toPlatform(cpe)?.ecosystems, toPlatform(cpe)?.product]).toEqual([ecosystems, product]);
});

it.each([
  // curl of CVE-2023-38545: fixed in 9.2 and then in 9.3.
  ['7.76.1-23.el9', true],
  ['7.76.1-23.el9_2.3', true],
  ['7.76.1-23.el9_2.4', false],
  ['7.76.1-23.el9_2.11', false],
  ['7.76.1-26.el9', true],
  ['7.76.1-26.el9_3.1', true],
  ['7.76.1-26.el9_3.2', false],
  ['7.76.1-29.el9_4', false],
])('a build %s between two fixes of a release is affected: %s', (version, affected) => {
  const ranges = rangesOf(['7.76.1-26.el9_3.2', '7.76.1-23.el9_2.4']);
  expect(ranges.some((range) => inRange('rpm', version, range))).toBe(affected);
});

it.each([
  // perl-FCGI of CVE-2025-40907, built for two contexts of its stream.
  ['1:0.78-11.module+el8.4.0+17225+aaaaaaaa', true],
  ['1:0.78-11.module+el8.4.0+23209+5106d2ab.1', false],
  ['1:0.78-11.module+el8.4.0+23229+35c4aba7.1', false],
])('a build %s of a module in several contexts is affected: %s', (version, affected) => {
  const ranges = rangesOf(['1:0.78-11.module+el8.4.0+23229+35c4aba7.1', '1:0.78-11.module+el8.4.0+23209+5106d2ab.1']);
  expect(ranges.some((range) => inRange('rpm', version, range))).toBe(affected);
});
