import { execFileSync } from 'node:child_process';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { openCorpusImage } from '../../compose/corpus-image.testing.ts';

/** Python's own view: each folder that holds distributions, asked through importlib.metadata. */
const SCRIPT = `
import importlib.metadata, os, sys
root = sys.argv[1]
for folder, folders, files in os.walk(root):
    if not any(name.endswith(('.dist-info', '.egg-info')) for name in folders + files):
        continue
    for found in importlib.metadata.distributions(path=[folder]):
        if found.metadata['Name'] is not None:
            print(os.path.relpath(str(found._path), root), found.metadata['Name'], found.version)
`;

/** What importlib.metadata says that each distribution needs: `must` without any condition, `may` under one; without extras. */
const NEEDS = `
import importlib.metadata, os, re, sys
root = sys.argv[1]
fold = lambda name: re.sub('[-_.]+', '-', name).lower()
for folder, folders, files in os.walk(root):
    if not any(name.endswith(('.dist-info', '.egg-info')) for name in folders + files):
        continue
    found = [each for each in importlib.metadata.distributions(path=[folder]) if each.metadata['Name'] is not None]
    names = {fold(each.metadata['Name']): each.version for each in found}
    for each in found:
        for text in each.requires or []:
            marker = text.partition(';')[2]
            name = fold(re.match(r'[A-Za-z0-9._-]+', text)[0])
            if name in names and 'extra' not in marker:
                print('may' if marker else 'must', f"{fold(each.metadata['Name'])}@{each.version} {name}@{names[name]}")
`;

const missing = (name: string): boolean =>
  corpusLayout(name) === undefined || ['umoci', 'python3'].some((tool) => findProgram(tool) === undefined);

describe.each(['python-app', 'debian-bullseye-old'])('Python distributions of %s', (name) => {
  it.skipIf(missing(name))('equal those of importlib.metadata to the last entry', async () => {
    const image = await openCorpusImage(corpusLayout(name) ?? '');
    try {
      const output = execFileSync('python3', ['-c', SCRIPT, image.root], { encoding: 'utf8' });
      const expected = output
        .split('\n')
        .filter((line) => line !== '')
        .sort();
      const found = image.inventory.packages
        .filter(({ type }) => type === 'pypi')
        .flatMap((pkg) =>
          pkg.paths.map((path) => `${path.replace(/\/(?:METADATA|PKG-INFO)$/, '')} ${pkg.name} ${pkg.version}`),
        )
        .sort();
      expect(found).toEqual(expected);
      if (name === 'python-app') expect(found.length).toBeGreaterThan(40);

      const needs = execFileSync('python3', ['-c', NEEDS, image.root], { encoding: 'utf8' }).split('\n');
      const must = new Set(needs.filter((line) => line.startsWith('must ')).map((line) => line.slice(5)));
      const may = new Set(needs.map((line) => line.replace(/^(?:must|may) /, '')));
      const related = new Set(
        (image.inventory.relations ?? [])
          .filter(({ from }) => from.startsWith('pkg:pypi/'))
          .map(({ from, to }) => `${from.slice('pkg:pypi/'.length)} ${to.slice('pkg:pypi/'.length)}`),
      );
      expect([...must].filter((line) => !related.has(line))).toEqual([]);
      // Beyond one folder importlib.metadata was not asked.
      const beyond = [...related].filter((line) => !may.has(line));
      expect(beyond.length).toBeLessThanOrEqual(related.size / 10);
      // Debian drops most of what distributions need from their metadata, for its own packages state it.
      if (name === 'python-app') expect(related).toContain('sqlalchemy@1.4.46 greenlet@2.0.2');
    } finally {
      image.remove();
    }
  });
});
