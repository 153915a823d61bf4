import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type ComposerEvidence, composer } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string): ReturnType<typeof composer.analyze> =>
  composer.analyze(memoryFile(path, content), claimsNothing);

function resolve(files: { readonly [path: string]: string }): ReturnType<typeof composer.resolve> {
  const histories: { [path: string]: readonly (ComposerEvidence | null)[] } = {};
  for (const [path, content] of Object.entries(files)) histories[path] = [analyze(path, content).evidence];
  return composer.resolve(viewOf(histories));
}
const names = (files: { readonly [path: string]: string }): readonly string[] =>
  resolve(files)
    .packages.map(({ name }) => name)
    .sort();

const manifest = sample('composer.json');
const lock = sample('composer.lock');
const installed = sample('installed.json');
const INSTALLED = 'srv/app/vendor/composer/installed.json';

/** What `composer show` says: name, version, whether the project asks for it. */
const shown = sample('composer-show.tsv')
  .split('\n')
  .filter((line) => line !== '');

describe('installed packages', () => {
  it('equal those of composer show, with directness', () => {
    const { packages } = resolve({
      'srv/app/composer.json': manifest,
      'srv/app/composer.lock': lock,
      [INSTALLED]: installed,
    });
    expect(packages.map(({ name, version, direct }) => `${name}\t${version}\t${direct}`)).toEqual(shown);
    expect(packages.map(({ purl }) => purl)).toContain('pkg:composer/twig/twig@v3.5.1');
    expect(packages.find(({ name }) => name === 'monolog/monolog')?.licenses).toEqual(['MIT']);
  });

  it('are the same as Composer 1 lists them', () => {
    const { packages } = resolve({ [INSTALLED]: sample('installed-v1.json') });
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual(
      shown.map((line) => line.split('\t').slice(0, 2).join(' ')),
    );
    expect(packages.every(({ direct }) => direct === null)).toBe(true);
  });

  it('need each other, also through what a package replaces', () => {
    expect(resolve({ [INSTALLED]: installed }).relations).toEqual([
      { from: 'pkg:composer/acme/tool@dev-main', to: 'pkg:composer/symfony/symfony@v5.4.0' },
      { from: 'pkg:composer/monolog/monolog@2.9.1', to: 'pkg:composer/psr/log@3.0.0' },
    ]);
  });

  it('know which of them are for development', () => {
    const { evidence } = analyze(INSTALLED, installed);
    const packages = evidence?.kind === 'installed' ? evidence.packages : [];
    expect(packages.filter(({ dev }) => dev).map(({ name }) => name)).toEqual(['twig/twig']);
  });

  it('belong to the project whose vendor folder it is, also by another name', () => {
    const moved = JSON.stringify({ require: { 'Twig/Twig': '*' }, config: { 'vendor-dir': '../lib/php' } });
    const files = {
      'srv/app/composer.json': moved,
      'srv/app/composer.lock': lock,
      'srv/lib/php/composer/installed.json': installed,
    };
    const direct = resolve(files).packages.filter((pkg) => pkg.direct === true);
    expect(direct.map(({ name }) => name)).toEqual(['twig/twig']);
    expect(resolve(files).packages.length).toBe(shown.length);
  });

  it('have the layer that brought their version', () => {
    const older = installed.replace('"2.9.1"', '"2.8.0"');
    const history = [analyze(INSTALLED, older).evidence, analyze(INSTALLED, installed).evidence];
    const { packages } = composer.resolve(viewOf({ [INSTALLED]: history }));
    const layers = new Map(packages.map(({ name, layer }) => [name, layer]));
    expect(layers.get('monolog/monolog')).not.toBe(layers.get('psr/log'));
  });
});

describe('composer.lock', () => {
  it('counts for production where no vendor folder is', () => {
    expect(names({ 'srv/app/composer.json': manifest, 'srv/app/composer.lock': lock })).toEqual([
      'acme/tool',
      'monolog/monolog',
      'psr/log',
      'symfony/symfony',
    ]);
  });

  it('of another project still counts', () => {
    expect(names({ [INSTALLED]: '[]', 'opt/other/composer.lock': lock })).toHaveLength(4);
  });

  it('of a project whose vendor folder is empty names nothing', () => {
    expect(names({ [INSTALLED]: '[]', 'srv/app/composer.lock': lock })).toEqual([]);
  });

  it.each(['srv/app/vendor/acme/tool/composer.lock', 'srv/app/vendor/acme/tool/composer.json'])(
    'inside a package describes nothing: %s',
    (path) => expect(analyze(path, lock)).toEqual({ evidence: null, problems: [] }),
  );
});

describe('broken and hostile files', () => {
  it.each([
    ['no JSON', '{"packages": ['],
    ['another kind of JSON', '{"packages": {}}'],
    ['a number', '7'],
    ['nested without end', `${'['.repeat(200_000)}`],
  ])('%s is a problem', (_, text) => {
    expect(analyze(INSTALLED, text)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('keeps the packages beside an unreadable one, and says so', () => {
    const text = JSON.stringify([{ name: 'a/b', version: '1' }, { name: 'a/c' }, 7, { name: '../x', version: '1' }]);
    expect(analyze(INSTALLED, text)).toMatchObject({
      evidence: { packages: [{ name: 'a/b' }] },
      problems: [{ code: 'unreadable', detail: '3 packages have no readable name or version' }],
    });
  });

  it('takes keys of prototypes for names like any other', () => {
    const text =
      '[{"name":"a/b","version":"1","require":{"__proto__":"1","constructor":"1","c/d":"*"},"license":{"x":1}}]';
    expect(analyze(INSTALLED, text).evidence).toMatchObject({ packages: [{ needs: ['c/d'], licenses: [] }] });
  });

  it('never leaves the image with a vendor folder', () => {
    const outside = JSON.stringify({ config: { 'vendor-dir': '../../../../etc' } });
    expect(
      names({ 'app/composer.json': outside, 'app/composer.lock': lock, 'etc/composer/installed.json': '[]' }),
    ).toEqual([]);
  });

  it('stops at the largest number of packages', () => {
    const many = JSON.stringify(Array.from({ length: 100_001 }, (_, index) => ({ name: `a/b${index}`, version: '1' })));
    expect(analyze(INSTALLED, many)).toMatchObject({ problems: [{ code: 'limit-exceeded' }] });
  });
});
