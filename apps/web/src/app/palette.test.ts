import { expect, it } from 'vitest';
import { vulnerabilityId } from './palette.tsx';

it.each([
  ['cve-2023-4911', 'CVE-2023-4911'],
  [' CVE-2021-44228 ', 'CVE-2021-44228'],
  ['ghsa-JFH8-c2jp-5v3q', 'GHSA-jfh8-c2jp-5v3q'],
  ['GO-2023-2102', 'GO-2023-2102'],
  ['nginx', undefined],
  ['CVE-', undefined],
  ['cve-2023-4911 nginx', undefined],
])('%s is the id %s', (text, id) => expect(vulnerabilityId(text)).toBe(id));
