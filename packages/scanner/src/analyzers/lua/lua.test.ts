import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { lua } from './index.ts';
import { limits } from './limits.ts';
import { parseLua } from './lua-values.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => lua.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string }) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return lua.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence)));
}
const purls = (files: { readonly [path: string]: string }) => resolve(files).packages.map(({ purl }) => purl);

const TREE = 'usr/local/lib/luarocks/rocks-5.1/';
const SPEC = `${TREE}acme-thing/1.2.0-1/acme-thing-1.2.0-1.rockspec`;
const MANIFEST = `${TREE}acme-thing/1.2.0-1/rock_manifest`;
const BASE = `${TREE}acme-base/0.1.0-2/rock_manifest`;

describe('installed rocks', () => {
  it('have licence and needs from their rockspecs', () => {
    const { packages, relations } = resolve({
      [SPEC]: sample('acme-thing-1.2.0-1.rockspec'),
      [BASE]: 'rock_manifest = {}',
    });
    expect(packages.map(({ purl, licenses }) => [purl, licenses])).toEqual([
      ['pkg:luarocks/acme-thing@1.2.0-1', ['Apache-2.0']],
      ['pkg:luarocks/acme-base@0.1.0-2', []],
    ]);
    expect(relations).toEqual([{ from: 'pkg:luarocks/acme-thing@1.2.0-1', to: 'pkg:luarocks/acme-base@0.1.0-2' }]);
  });

  it('are there whatever their rockspecs compute', () => {
    const content = 'if os then package = "x" end\nfunction f() end';
    expect(purls({ [SPEC]: content })).toEqual(['pkg:luarocks/acme-thing@1.2.0-1']);
    expect(purls({ [MANIFEST]: sample('rock_manifest') })).toEqual(['pkg:luarocks/acme-thing@1.2.0-1']);
  });

  it('are not the rockspecs of projects and sources', () => {
    expect(analyze('srv/app/app-1.0-1.rockspec', 'x')).toEqual({ evidence: null, problems: [] });
    expect(analyze('srv/rock_manifest', 'x')).toEqual({ evidence: null, problems: [] });
  });
});

describe('luarocks.lock', () => {
  it('names rocks, without Lua itself and what only building and testing need', () => {
    expect(purls({ 'srv/luarocks.lock': sample('luarocks.lock') })).toEqual([
      'pkg:luarocks/acme-base@0.1.0-2',
      'pkg:luarocks/luasocket@3.1.0-1',
    ]);
  });

  it('does not count where any of its rocks is installed', () => {
    const files = { 'srv/luarocks.lock': sample('luarocks.lock'), [BASE]: 'rock_manifest = {}' };
    expect(purls(files)).toEqual(['pkg:luarocks/acme-base@0.1.0-2']);
  });

  it.each([
    ['nothing', ''],
    ['a table that nothing ends', 'return { dependencies = {'],
    ['a call', 'return os.execute("x")'],
    ['more than a return', 'return {} x'],
    ['no table', 'return "x"'],
  ])('that holds %s is a problem', (_, content) => {
    expect(analyze('srv/luarocks.lock', content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });
});

describe('Lua source', () => {
  const value = (source: string, name = 'x') => parseLua(source).variables.get(name);

  it.each([
    ['x = "a\\n\\65\\x42\\"c"', 'a\nAB"c'],
    ['x = [==[\na]]b]==]', 'a]]b'],
    ['--[[ x = "no"\n]] x = "yes" -- more', 'yes'],
    ['#!/usr/bin/lua\nx = "a"', 'a'],
    ['local a, b = "1", "2"; x = a .. "." .. b', '1.2'],
    ['local a = "1" x = (a)', '1'],
    ['x = a and "b" or "c"', undefined],
    ['x = ("%s"):format("a")', undefined],
    ['x = f "a" { b = 1 }[1].c', undefined],
    ['x = 1.5', '1.5'],
  ])('%s gives %j', (source, wanted) => {
    expect(value(source)).toBe(wanted);
  });

  it('gives tables with fields and items', () => {
    expect(value('x = { "a", b = "c", ["d-e"] = { "f" }; g .. "h", }')).toEqual({
      fields: new Map<string, unknown>([
        ['b', 'c'],
        ['d-e', { fields: new Map(), items: ['f'] }],
      ]),
      items: ['a', undefined],
    });
  });

  it('nests no deeper than the limit, and doubles no text beyond it', () => {
    expect(parseLua(`x = ${'{'.repeat(500_000)}`).whole).toBe(false);
    expect(parseLua(`x = ${'('.repeat(500_000)}`).whole).toBe(false);
    const doubled = `x = "0123456789"\n${'x = x .. x\n'.repeat(1000)}`;
    expect(value(doubled)).toBeUndefined();
    const longest = 'a'.repeat(limits.luaTextCharsMax - 1);
    expect(value(`x = "${longest}" .. "b"`)).toBe(`${longest}b`);
  });

  it.each(['"', '[', '[=', '--[', '{', 'x=', '..', 'a.', '-', 'not ', '\\', ',', 'x=1;'])(
    'a long run of %j ends at once',
    (unit) => {
      const before = process.threadCpuUsage();
      parseLua(`x = ${unit.repeat(100_000 / unit.length)}`);
      expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
    },
  );
});
