import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage } from '../../compose/corpus-image.testing.ts';

const missing = (name: string): boolean =>
  corpusLayout(name) === undefined || ['umoci', 'npm'].some((tool) => findProgram(tool) === undefined);

describe.skipIf(missing('node-app'))('npm packages of node-app', () => {
  let image: CorpusImage;
  beforeAll(async () => {
    image = await openCorpusImage(corpusLayout('node-app') ?? '');
  });
  afterAll(() => image.remove());

  const ours = (): readonly string[] =>
    image.inventory.packages
      .filter(({ type }) => type === 'npm')
      .flatMap(({ name, version, paths }) => paths.map((path) => `${path} ${name}@${version}`))
      .sort();

  it('of the application equal those of npm ls --all to the last entry', () => {
    const expected = npmList(join(image.root, 'app')).map(
      ([folder, spec]) => `${relative(image.root, folder)}/package.json ${spec}`,
    );
    expect(expected.length).toBeGreaterThan(200);
    expect(ours().filter((line) => line.startsWith('app/'))).toEqual([...new Set(expected)].sort());
  });

  it('have no package that only an earlier layer had', () => {
    expect(ours().filter((line) => line.includes('/mocha/'))).toEqual([]);
  });

  it('are direct exactly where package.json names the folder', () => {
    const manifest = JSON.parse(readFileSync(join(image.root, 'app/package.json'), 'utf8')) as { dependencies: object };
    const named = Object.keys(manifest.dependencies).map((name) => `app/node_modules/${name}/package.json`);
    const direct = image.inventory.packages
      .filter((pkg) => pkg.type === 'npm' && pkg.direct === true)
      .flatMap(({ paths }) => paths);
    expect(named.every((path) => direct.includes(path))).toBe(true);
    expect(image.inventory.packages.find(({ name }) => name === 'accepts')?.direct).toBe(false);
  });

  it('under usr/share/nodejs belong to Debian packages, as dpkg -S says', () => {
    const owned = image.inventory.packages.filter(({ type, ownedBy }) => type === 'npm' && ownedBy !== null);
    expect(owned.length).toBeGreaterThan(10);
    for (const { paths, ownedBy } of owned.slice(0, 10)) {
      const options = [`--admindir=${join(image.root, 'var/lib/dpkg')}`, '-S', `/${paths[0]}`];
      expect(execFileSync('dpkg-query', options, { encoding: 'utf8' }).split(':', 1)[0]).toBe(ownedBy);
    }
  });
});

/** npm's own walk: `path:name@version` for each installed package below the project. */
function npmList(project: string): readonly (readonly [string, string])[] {
  let output: string;
  try {
    output = execFileSync('npm', ['ls', '--all', '--parseable', '--long'], {
      encoding: 'utf8',
      cwd: project,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
  } catch (thrown) {
    // npm ends with 1 where a peer is missing, and lists all the same.
    output = String((thrown as { stdout: string }).stdout);
  }
  return output
    .split('\n')
    .map((line) => /^([^:]+):(?:[^:]+@npm:)?((?:@[^@:/]+\/)?[^@:]+@[^:]+)/.exec(line))
    .flatMap((match) => (match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const]))
    .filter(([folder]) => folder !== project);
}
