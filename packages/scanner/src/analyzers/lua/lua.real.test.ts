import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { lua } from './index.ts';

const BASE = `
package = "acme-base"
version = "0.1.0-2"
source = { url = "git+https://example.org/acme-base" }
description = { license = "MIT/X11" }
dependencies = { "lua >= 5.1" }
build = { type = "builtin", modules = { ["acme.base"] = "base.lua" } }
`;

describe.skipIf(findProgram('luarocks') === undefined)('a tree that LuaRocks made', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hullcheck-lua-'));
    const make = (folder: string) =>
      execFileSync('luarocks', ['make', '--tree', join(root, 'tree')], {
        cwd: join(root, folder),
        stdio: 'ignore',
        env: { PATH: process.env.PATH, HOME: root },
      });
    for (const folder of ['base', 'thing']) mkdirSync(join(root, folder));
    writeFileSync(join(root, 'base', 'base.lua'), 'return {}\n');
    writeFileSync(join(root, 'base', 'acme-base-0.1.0-2.rockspec'), BASE);
    make('base');
    const spec = 'acme-thing-1.2.0-1.rockspec';
    writeFileSync(join(root, 'thing', 'acme.lua'), 'return {}\n');
    cpSync(join(import.meta.dirname, 'testdata', spec), join(root, 'thing', spec));
    make('thing');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('has the rocks that LuaRocks lists, with the licences and needs that it shows', () => {
    const files = readdirSync(join(root, 'tree'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && (entry.name === 'rock_manifest' || entry.name.endsWith('.rockspec')))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
    const evidence = files.map(
      (path) =>
        [path, [lua.analyze(memoryFile(path, readFileSync(join(root, path))), claimsNothing).evidence]] as const,
    );
    const { packages, relations } = lua.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence)));
    const run = (...args: readonly string[]) =>
      execFileSync('luarocks', [...args, '--tree', join(root, 'tree')], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: root },
      });
    const listed = run('list', '--porcelain')
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2).join('@'));
    expect(listed).toHaveLength(2);
    expect([...new Set(packages.map(({ name, version }) => `${name}@${version}`))].sort()).toEqual(listed.sort());
    for (const { name, licenses } of packages.filter((pkg) => pkg.licenses.length > 0)) {
      expect(run('show', name)).toMatch(new RegExp(`^License:\\s+${licenses[0]}$`, 'm'));
    }
    expect([...new Set(relations?.map(({ from, to }) => `${from} ${to}`))]).toEqual([
      'pkg:luarocks/acme-thing@1.2.0-1 pkg:luarocks/acme-base@0.1.0-2',
    ]);
  });
});
