import { expect, it } from 'vitest';
import { readerName } from './find-reading.ts';

it.each([
  ['console', 'agent console'],
  ['attached-sbom', 'agent attached-sbom'],
  ['node-7', 'node-7'],
])('an agent that calls itself %s is named as %s', (name, shown) => {
  expect(readerName(name)).toBe(shown);
});
