import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyzers, packageManagers } from './catalogue.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

describe('the catalogue of analyzers', () => {
  it('lists every folder under its own name, sorted', () => {
    expect(folders.length).toBeGreaterThan(5);
    expect(analyzers.map(({ id }) => id)).toEqual(folders);
  });

  it.each(folders)('%s has the files that every analyzer has', (folder) => {
    const expected = ['index.ts', 'parse.ts', 'testdata', 'samples.testing.ts', `${folder}.test.ts`];
    expect(expected.filter((name) => !existsSync(join(import.meta.dirname, folder, name)))).toEqual([]);
  });

  it('states positive versions and some claim', () => {
    for (const { id, version, claims } of analyzers) {
      expect(Number.isInteger(version) && version > 0, id).toBe(true);
      expect(Object.values(claims).flat().length, id).toBeGreaterThan(0);
    }
  });

  it('says what each reads', () => {
    for (const { id, support } of analyzers) {
      expect(support.reads.length, id).toBeGreaterThan(0);
      expect(support.purlTypes.length > 0, id).toBe(support.kind !== 'facts');
    }
  });

  it('knows every package manager that it names', () => {
    const ids = new Set(analyzers.map(({ id }) => id));
    expect([...packageManagers].every((id) => ids.has(id))).toBe(true);
  });
});
