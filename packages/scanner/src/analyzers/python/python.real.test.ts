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
    } finally {
      image.remove();
    }
  });
});
