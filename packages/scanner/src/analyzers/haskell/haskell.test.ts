import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { haskell } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => haskell.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string }) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return haskell.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence)));
}
const purls = (files: { readonly [path: string]: string }) => resolve(files).packages.map(({ purl }) => purl);

const STORE = 'root/.cabal/store/ghc-9.4.7/package.conf.d/';
const AESON = `${STORE}aeson-2.1.2.1-0f1e2d3c.conf`;
const conf = (name: string, version: string, more = ''): string => `name: ${name}\nversion: ${version}\n${more}`;

describe('registered packages', () => {
  it('have a licence and need the packages of the units that they name', () => {
    const files = { [AESON]: sample('aeson.conf'), [`${STORE}data-fix.conf`]: conf('data-fix', '0.3.2') };
    const { packages, relations } = resolve(files);
    expect(packages.map(({ purl, licenses }) => [purl, licenses])).toEqual([
      ['pkg:hackage/aeson@2.1.2.1', ['BSD-3-Clause']],
      ['pkg:hackage/data-fix@0.3.2', []],
    ]);
    expect(analyze(AESON, sample('aeson.conf')).evidence?.packages[0]?.needs).toEqual([
      'base',
      'text',
      'th-abstraction',
      'data-fix',
    ]);
    expect(relations).toEqual([{ from: 'pkg:hackage/aeson@2.1.2.1', to: 'pkg:hackage/data-fix@0.3.2' }]);
  });

  it('name the package of an internal library', () => {
    expect(purls({ [AESON]: conf('z-attoparsec-z-internal', '0.14.4', 'package-name: attoparsec\n') })).toEqual([
      'pkg:hackage/attoparsec@0.14.4',
    ]);
  });

  it("leave the compiler's runtime out", () => {
    expect(purls({ [AESON]: conf('rts', '1.0.2') })).toEqual([]);
  });

  it('go before what the project pins; those of the compiler are no sign of a project', () => {
    const freeze = { 'srv/cabal.project.freeze': sample('cabal.project.freeze') };
    expect(purls({ ...freeze, [AESON]: sample('aeson.conf') })).toEqual(['pkg:hackage/aeson@2.1.2.1']);
    expect(purls({ ...freeze, [AESON]: conf('base', '4.17.2.0') })).toHaveLength(5);
  });

  it('in a broken file are a problem', () => {
    expect(analyze(AESON, 'name: x\n')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
    expect(analyze(AESON, '')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });
});

describe('cabal.project.freeze', () => {
  it('pins single versions, not ranges and flags', () => {
    expect(purls({ 'cabal.project.freeze': sample('cabal.project.freeze') })).toEqual([
      'pkg:hackage/HTTP@4000.3.16',
      'pkg:hackage/aeson@2.1.2.1',
      'pkg:hackage/base@4.17.2.0',
      'pkg:hackage/x500-style@0.1',
    ]);
  });

  it('without constraints is a problem', () => {
    expect(analyze('cabal.project.freeze', 'packages: x\n')).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });

  it('that freezes only the index pins nothing', () => {
    expect(analyze('cabal.project.freeze', 'index-state: 2024-01-15T10:00:00Z\n').problems).toEqual([]);
  });
});

describe('stack.yaml.lock', () => {
  it('has packages of Hackage and of repositories', () => {
    expect(purls({ 'stack.yaml.lock': sample('stack.yaml.lock') })).toEqual([
      'pkg:hackage/HTTP@4000.3.16',
      'pkg:hackage/http-client@0.7.14?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fexample%2Ffork.git%400f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
    ]);
  });

  it('of a project that only has a snapshot is empty', () => {
    const content = 'packages: []\nsnapshots:\n- original: lts-21.22\n';
    expect(analyze('stack.yaml.lock', content)).toEqual({ evidence: { kind: 'lock', packages: [] }, problems: [] });
  });

  it.each(['', 'x: y\n', 'packages: "\n'])('that is %j is a problem', (content) => {
    expect(analyze('stack.yaml.lock', content)).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });
});

it.each(['a-', '1.', 'a-1', ' ', 'name:', '==', 'any.'])('a long run of %j ends at once', (unit) => {
  const text = unit.repeat(100_000 / unit.length);
  const before = process.threadCpuUsage();
  analyze(AESON, `name: ${text}\nversion: ${text}\ndepends: ${text}`);
  analyze('cabal.project.freeze', `constraints: ${text}`);
  analyze('stack.yaml.lock', `packages:\n- completed:\n    hackage: ${text}`);
  expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
});
