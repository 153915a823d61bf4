import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { vendors } from './catalogue.ts';

it('lists every folder under its own name', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(vendors.map(({ id }) => id).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
});
