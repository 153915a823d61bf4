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

  it('need each other as npm ls --all says, to the last relation', () => {
    const expected = npmRelations(join(image.root, 'app'));
    expect(expected.length).toBeGreaterThan(200);
    const known = new Set(
      image.inventory.packages
        .filter(({ paths }) => paths.some((path) => path.startsWith('app/')))
        .map(({ purl }) => purl),
    );
    const found = (image.inventory.relations ?? []).filter(
      ({ from }) => known.has(from) && from.startsWith('pkg:npm/'),
    );
    expect(found.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(expected);
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

interface Listed {
  readonly name?: string;
  readonly version?: string;
  readonly missing?: boolean;
  readonly dependencies?: { readonly [name: string]: Listed };
}

/** Each edge of npm's own tree between installed packages, once: `purl purl`. */
function npmRelations(project: string): readonly string[] {
  const tree: Listed = JSON.parse(npmLs(project, ['--json', '--long']));
  const relations = new Set<string>();
  const visit = (above: Listed, from: string | null): void => {
    for (const below of Object.values(above.dependencies ?? {})) {
      if (below.missing === true || below.name === undefined || below.version === undefined) continue;
      const to = `pkg:npm/${below.name.replace('@', '%40')}@${below.version}`;
      if (from !== null && from !== to) relations.add(`${from} ${to}`);
      visit(below, to);
    }
  };
  visit(tree, null);
  return [...relations].sort();
}

/** npm's own walk: `path:name@version` for each installed package below the project. */
function npmList(project: string): readonly (readonly [string, string])[] {
  return npmLs(project, ['--parseable', '--long'])
    .split('\n')
    .map((line) => /^([^:]+):(?:[^:]+@npm:)?((?:@[^@:/]+\/)?[^@:]+@[^:]+)/.exec(line))
    .flatMap((match) => (match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const]))
    .filter(([folder]) => folder !== project);
}

function npmLs(project: string, options: readonly string[]): string {
  try {
    return execFileSync('npm', ['ls', '--all', ...options], {
      encoding: 'utf8',
      cwd: project,
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
  } catch (thrown) {
    // npm ends with 1 where a peer is missing, and lists all the same.
    return String((thrown as { stdout: string }).stdout);
  }
}
