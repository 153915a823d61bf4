import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { itemsOf, linesOf } from '../test-items.ts';
import { oracleOval } from './index.ts';

// Oracle's own documents, from the tests of aquasecurity/vuln-list-update (Apache-2.0).
const fixture = (name: string) => readFileSync(path.join(import.meta.dirname, 'testdata', name));

test('an erratum names the CVEs that it fixes, by binary package', async () => {
  const lines = linesOf(await itemsOf(oracleOval, { 'a.xml': fixture('elsa-2007-0057.xml') }));
  expect(lines).toHaveLength(10);
  expect(lines).toEqual(
    expect.arrayContaining([
      'ELSA-2007-0057 CVE-2007-0493 CVE-2007-0494',
      'ol:5 binary bind moderate ..30:9.3.3-8.el5',
      'ol:5 binary caching-nameserver moderate ..30:9.3.3-8.el5',
      'dated 2007-06-26T00:00:00Z',
    ]),
  );
});

test('a document packed with bzip2 is read; an erratum in parts keeps its number', async () => {
  const lines = linesOf(await itemsOf(oracleOval, { 'a.xml.bz2': fixture('elsa-2018-1196-1.xml.bz2') }));
  expect(lines[0]).toBe('ELSA-2018-1196-1 CVE-2017-5715');
  expect(lines).toContain('ol:5 binary kernel important ..0:2.6.18-419.0.0.0.10.el5');
  expect(lines.filter((line) => line.startsWith('ol:5 '))).toHaveLength(18);
});

test('builds for Ksplice and FIPS are products of their own', async () => {
  const text = fixture('elsa-2007-0057.xml').toString();
  for (const [fixed, product] of [
    ['2:2.17-326.0.5.ksplice1.el7_9', 'ksplice'],
    ['10:3.6.16-4.0.1.el8_fips', 'fips'],
  ] as const) {
    const lines = linesOf(await itemsOf(oracleOval, { 'a.xml': text.replaceAll('30:9.3.3-8.el5', fixed) }));
    expect(lines).toContain(`ol:5 ${product} binary bind moderate ..${fixed}`);
  }
});

test('what is no erratum, names no CVE or is of no release of Oracle Linux is skipped', async () => {
  const text = fixture('elsa-2007-0057.xml').toString();
  const reasons = async (changed: string) =>
    linesOf(await itemsOf(oracleOval, { 'a.xml': changed })).filter((line) => line.startsWith('skipped'));
  expect(await reasons(text.replaceAll('CVE-2007', 'CAN-2007'))).toEqual([
    'skipped oval:com.oracle.elsa:def:20070057: names no CVE',
  ]);
  expect(await reasons(text.replaceAll('ref_id="ELSA-', 'ref_id="X'))).toEqual([
    'skipped oval:com.oracle.elsa:def:20070057: names no erratum',
  ]);
  expect(await reasons(text.replaceAll('Oracle Linux 5 is', 'Oracle VM is').replaceAll('^5', 'x'))).toEqual([
    'skipped oval:com.oracle.elsa:def:20070057: names no package of a release that is known (ELSA-2007-0057)',
  ]);
});

test('a cut document is a fault, so that the last good data stays', async () => {
  for (const [name, end] of [
    ['elsa-2007-0057.xml', 6000],
    ['elsa-2018-1196-1.xml.bz2', 1500],
  ] as const) {
    await expect(itemsOf(oracleOval, { [name]: fixture(name).subarray(0, end) })).rejects.toMatchObject({
      name: 'Fault',
      code: 'truncated',
    });
  }
});
