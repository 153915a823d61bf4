import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VERSION_SCHEMES } from './catalogue.ts';

describe('the catalogue of version schemes', () => {
  it('lists every folder once, by its name', () => {
    const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'testdata')
      .map((entry) => entry.name);
    expect(folders.length).toBeGreaterThan(8);
    expect(VERSION_SCHEMES.map((scheme) => scheme.id).toSorted()).toEqual(folders.toSorted());
  });

  it('names the normative text of each; ours of generic is its own file', () => {
    for (const { id, specification } of VERSION_SCHEMES) {
      if (id === 'generic') expect(specification).toBe(`packages/core/src/versions/${id}/index.ts`);
      else expect(specification).toMatch(/^https:\/\//);
    }
  });
});
