import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InstalledEvidence } from '../installed-analyzer.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { hex } from './index.ts';
import { limits } from './limits.ts';
import { parseTerms } from './terms.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => hex.analyze(memoryFile(path, content), claimsNothing);

function resolve(files: { readonly [path: string]: string }, ownerOf?: (path: string) => string | undefined) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return hex.resolve(viewOf<InstalledEvidence>(Object.fromEntries(evidence), ownerOf === undefined ? {} : { ownerOf }));
}
const show = (files: { readonly [path: string]: string }) =>
  resolve(files).packages.map(({ purl, direct }) => `${purl.slice('pkg:'.length)} ${direct}`);

const app = (name: string, version: string, needs = ''): string =>
  `{application, ${name}, [{vsn, "${version}"}, {applications, [kernel,stdlib${needs}]}]}.\n`;

describe('mix.lock', () => {
  it('has what Hex publishes, private organisations included, and nothing of repositories', () => {
    expect(show({ 'srv/app/mix.lock': sample('mix.lock') })).toEqual([
      'hex/cowboy@2.12.0 null',
      'hex/cowlib@2.13.0 null',
      'hex/ranch@1.8.0 null',
      'hex/acme/acme_reports@0.3.1 null',
    ]);
  });

  it('says what needs what, by application, whatever the package is called', () => {
    const { relations } = resolve({ 'srv/app/mix.lock': sample('mix.lock') });
    expect(relations).toEqual([
      { from: 'pkg:hex/cowboy@2.12.0', to: 'pkg:hex/cowlib@2.13.0' },
      { from: 'pkg:hex/cowboy@2.12.0', to: 'pkg:hex/ranch@1.8.0' },
      { from: 'pkg:hex/acme/acme_reports@0.3.1', to: 'pkg:hex/cowboy@2.12.0' },
    ]);
  });

  it('of old mix has entries of fewer parts', () => {
    const content = '%{"poison": {:hex, :poison, "1.5.2"}, "plug": {:package, "0.11.1"}}';
    expect(show({ 'mix.lock': content })).toEqual(['hex/poison@1.5.2 null']);
  });

  it('that is empty locks nothing', () => {
    expect(analyze('mix.lock', '%{\n}\n')).toEqual({ evidence: { kind: 'lock', packages: [] }, problems: [] });
  });

  it.each([
    ['nothing', ''],
    ['a call', '%{"a" => System.cmd("rm", ["-rf"])}'],
    ['a merge conflict', '%{\n<<<<<<< HEAD\n}\n'],
    ['two terms', '%{}\n%{}'],
    ['a string that nothing ends', '%{"a: {:hex}}'],
    ['no map', ':hex'],
  ])('that holds %s is a problem', (_, content) => {
    expect(analyze('srv/mix.lock', content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('in the folder of a dependency is of its own development', () => {
    expect(analyze('srv/app/deps/jason/mix.lock', '%')).toEqual({ evidence: null, problems: [] });
  });
});

describe('rebar.lock', () => {
  it('has the packages of Hex, direct at level 0', () => {
    expect(show({ 'srv/rebar.lock': sample('rebar.lock') })).toEqual([
      'hex/idna@6.1.1 true',
      'hex/unicode_util_compat@0.7.0 false',
    ]);
  });

  it('of old rebar3 is a list alone', () => {
    expect(show({ 'srv/rebar.lock': '[{<<"a">>,{pkg,<<"a">>,<<"1.0">>,<<"HASH">>},0}].\n' })).toEqual([
      'hex/a@1.0 true',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['no full stop', '[]'],
    ['a variable', '[X].'],
    ['an Elixir map', '%{}'],
  ])('that holds %s is a problem', (_, content) => {
    expect(analyze('rebar.lock', content)).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });
});

describe('applications', () => {
  const release = {
    'app/lib/cowboy-2.12.0/ebin/cowboy.app': sample('cowboy.app'),
    'app/lib/cowlib-2.13.0/ebin/cowlib.app': app('cowlib', '2.13.0'),
    'app/lib/kernel-9.2/ebin/kernel.app': app('kernel', '9.2'),
    'app/lib/elixir-1.16.2/ebin/elixir.app': app('elixir', '1.16.2'),
  };

  it('of a release are packages of Hex, or of OTP and Elixir with where these come from', () => {
    expect(show(release)).toEqual([
      'hex/cowboy@2.12.0 null',
      'hex/cowlib@2.13.0 null',
      'otp/kernel@9.2?repository_url=https:%2F%2Fgithub.com%2Ferlang%2Fotp null',
      'otp/elixir@1.16.2?repository_url=https:%2F%2Fgithub.com%2Felixir-lang%2Felixir null',
    ]);
    expect(resolve(release).packages[0]?.licenses).toEqual(['ISC']);
  });

  it('name what they need, found in the same folder first', () => {
    const other = { 'opt/lib/cowlib-1.0.0/ebin/cowlib.app': app('cowlib', '1.0.0') };
    expect(resolve({ ...release, ...other }).relations?.map(({ from, to }) => [from, to.slice(0, 24)])).toContainEqual([
      'pkg:hex/cowboy@2.12.0',
      'pkg:hex/cowlib@2.13.0',
    ]);
    expect(resolve({ ...release, ...other }).relations).not.toContainEqual({
      from: 'pkg:hex/cowboy@2.12.0',
      to: 'pkg:hex/cowlib@1.0.0',
    });
  });

  it('go before the lock file of their project and take from it what was asked for', () => {
    const content = '[{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.12.0">>},0},{<<"x">>,{pkg,<<"x">>,<<"1.0">>},0}].';
    expect(show({ ...release, 'srv/rebar.lock': content })).toContain('hex/cowboy@2.12.0 true');
    expect(show({ ...release, 'srv/rebar.lock': content })).not.toContain('hex/x@1.0 true');
  });

  it('of OTP alone are no sign of a project', () => {
    const otp = { 'usr/lib/erlang/lib/kernel-9.2/ebin/kernel.app': app('kernel', '9.2') };
    expect(show({ ...otp, 'srv/mix.lock': sample('mix.lock') })).toHaveLength(5);
  });

  it('elsewhere than in ebin are something else', () => {
    expect(analyze('Applications/x.app', 'x')).toEqual({ evidence: null, problems: [] });
    expect(analyze('srv/src/x.app', 'x')).toEqual({ evidence: null, problems: [] });
  });

  it('without a version are left out, and other terms are a problem', () => {
    expect(show({ 'lib/a/ebin/a.app': '{application, a, []}.' })).toEqual([]);
    expect(analyze('lib/a/ebin/a.app', '{apps, a}.')).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });
});

describe('terms', () => {
  it('deeper than the limit are refused, and deep nesting does not overflow', () => {
    expect(parseTerms(`${'['.repeat(limits.termDepthMax)}${']'.repeat(limits.termDepthMax)}.`, 'erlang')).toHaveLength(
      1,
    );
    expect(parseTerms(`${'['.repeat(500_000)}`, 'erlang')).toBeUndefined();
    expect(parseTerms(`${'a: '.repeat(500_000)}`, 'elixir')).toBeUndefined();
  });

  it('more than the limit are refused', () => {
    expect(parseTerms('a.\n'.repeat(limits.termsPerFileMax), 'erlang')).toHaveLength(limits.termsPerFileMax);
    expect(parseTerms('a.\n'.repeat(limits.termsPerFileMax + 1), 'erlang')).toBeUndefined();
  });

  it.each(['"', "'", '<<', '\\', '"a" ', '%', '#', '$', ':', '1.', '-', '.'])(
    'a long run of %j ends at once',
    (unit) => {
      const before = process.threadCpuUsage();
      for (const syntax of ['erlang', 'elixir'] as const) parseTerms(unit.repeat(100_000 / unit.length), syntax);
      expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
    },
  );

  it('escapes give the characters that they mean', () => {
    expect(parseTerms('"\\x41\\x{1F600}\\101\\n\\"\\q".', 'erlang')).toEqual(['A\u{1F600}A\n"q']);
  });
});
