import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type RubyEvidence, ruby } from './index.ts';
import { gemPlace, isInsideGem } from './paths.ts';
import { parseLiteral, parseLiterals } from './ruby-literal.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const HOME = 'usr/local/bundle/specifications';
const analyze = (path: string, content: string): ReturnType<typeof ruby.analyze> =>
  ruby.analyze(memoryFile(path, content), claimsNothing);
const gemspec = (body: string): string => `Gem::Specification.new do |s|\n${body}\nend\n`;
const gemOf = (body: string): unknown => analyze(`${HOME}/a-1.gemspec`, gemspec(body)).evidence;

/** The packages of an image that has these files, as `purl (direct)`. */
function resolve(files: { readonly [path: string]: string }, ownerOf?: (path: string) => string | undefined) {
  const histories: { [path: string]: readonly (RubyEvidence | null)[] } = {};
  for (const [path, content] of Object.entries(files)) histories[path] = [analyze(path, content).evidence];
  return ruby.resolve(viewOf(histories, ownerOf === undefined ? {} : { ownerOf }));
}
const purls = (...args: Parameters<typeof resolve>): readonly string[] =>
  resolve(...args).packages.map(({ purl }) => purl);
const plain = (name: string, version: string, more = ''): string =>
  gemspec(`  s.name = "${name}".freeze\n  s.version = "${version}"\n${more}`);

describe('Ruby literals', () => {
  it.each([
    ['"a".freeze', 'a'],
    ["'it\\'s \\n'", "it's \\n"],
    ['%q<a<b>c>', 'a<b>c'],
    ['%q{rack}.freeze', 'rack'],
    ['%Q(a b)', 'a b'],
    ['"Andr\\u00E9 \\u{1F600}\\t\\"\\#{x}\\""', 'André 😀\t"#{x}"'],
    ['"\\x41\\xE9"', 'A\uFFFD'],
    ['"\\u{110000}"', 'u{110000}'],
    ['["MIT".freeze, \'Ruby\']', ['MIT', 'Ruby']],
    ['[]', []],
    ['%w[a  b]', ['a', 'b']],
    ['"a#{b}"', undefined],
    ['Foo::VERSION', undefined],
    ['["a", B]', undefined],
    ['[["a"]]', undefined],
    ['"never closed', undefined],
    ['["never", "closed"', undefined],
    ['%q<never closed', undefined],
  ])('%s', (source, value) => expect(parseLiteral(source, 0).value).toEqual(value));

  it('of arguments end at the first thing that is none', () => {
    expect(parseLiterals('"a", ["b", "c"], "d", require: false', 0)).toEqual(['a', ['b', 'c'], 'd']);
  });

  it('of a hostile line take linear time', () => {
    const before = process.threadCpuUsage();
    for (const part of ['[', '"a",', '%q<', '\\', '"#{', '%w[']) parseLiterals(part.repeat(100_000), 0);
    expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe('a gemspec as RubyGems writes it', () => {
  it('of Debian, with the branch for old RubyGems', () => {
    expect(analyze(`${HOME}/nokogiri-1.13.10.gemspec`, sample('nokogiri-1.13.10.gemspec')).evidence).toEqual({
      kind: 'gem',
      gem: {
        name: 'nokogiri',
        version: '1.13.10',
        platform: null,
        licenses: ['MIT'],
        needs: [
          { name: 'mini_portile2', requirement: ['~> 2.8.0'] },
          { name: 'racc', requirement: ['~> 1.4'] },
        ],
      },
    });
  });

  it('before version 2, with %q strings', () => {
    expect(analyze(`${HOME}/x.gemspec`, sample('activesupport-3.0.0.gemspec')).evidence).toMatchObject({
      gem: {
        name: 'activesupport',
        version: '3.0.0',
        platform: null,
        needs: [{ name: 'i18n', requirement: ['~> 0.4', '>= 0.4.1'] }],
      },
    });
  });

  it('with a platform', () => {
    expect(purls({ [`${HOME}/x.gemspec`]: sample('ffi-1.16.3-x86_64-linux.gemspec') })).toEqual([
      'pkg:gem/ffi@1.16.3?platform=x86_64-linux',
    ]);
  });
});

describe('a gemspec of any form', () => {
  it('counts what is literal', () => {
    const text = `Gem::Specification.new 'mail', '2.7' do |spec|
      spec.license = 'MIT'
      spec.add_dependency "mini_mime", ">= 0.1.1", "< 2"
      spec.add_dependency 'net-smtp' # why not
      other.name = 'no'
    end`;
    expect(analyze(`${HOME}/mail.gemspec`, text).evidence).toMatchObject({
      gem: {
        name: 'mail',
        version: '2.7',
        licenses: ['MIT'],
        needs: [
          { name: 'mini_mime', requirement: ['>= 0.1.1', '< 2'] },
          { name: 'net-smtp', requirement: [] },
        ],
      },
    });
  });

  it.each([
    ['a constant', 's.name = "a"\ns.version = A::VERSION', null],
    ['an interpolation', 's.name = "a"\ns.version = "1.#{minor}"', null],
    ['a sum', 's.name = "a"\ns.version = "1." + minor', null],
    ['a condition', 's.name = "a"\ns.version = "1.2" if stable', '1.2'],
    ['a comparison', 's.name = "a"\ns.version == "1.2"', null],
    ['a comment', 's.name = "a"\n# s.version = "9"', null],
  ])('takes no version from %s but the literal one', (_, body, version) => {
    expect(gemOf(body)).toMatchObject({ gem: { name: 'a', version } });
  });

  it('falls back on the stub line, which RubyGems itself lists gems by', () => {
    const text = `# stub: rack 2.0 java lib\nGem::Specification.new do |s|\n  s.version = VERSION\nend\n`;
    expect(purls({ [`${HOME}/x.gemspec`]: text })).toEqual(['pkg:gem/rack@2.0?platform=java']);
  });

  it('without any specification is a problem', () => {
    expect(analyze(`${HOME}/x.gemspec`, 'puts 1')).toMatchObject({
      evidence: null,
      problems: [{ code: 'unreadable' }],
    });
  });

  it('with an endless line is a problem', () => {
    expect(analyze(`${HOME}/x.gemspec`, gemspec(`s.files = ["${'a'.repeat(3 << 20)}"]`))).toMatchObject({
      problems: [{ code: 'limit-exceeded' }],
    });
  });

  it('that computes its version is a problem of the image', () => {
    expect(resolve({ [`${HOME}/a.gemspec`]: gemspec('s.name = "a"\ns.version = V') })).toMatchObject({
      packages: [],
      problems: [{ code: 'undetermined-version', path: `${HOME}/a.gemspec` }],
    });
  });
});

describe('places of gems', () => {
  it.each([
    ['usr/local/bundle/specifications/a-1.gemspec', { kind: 'installed', home: 'usr/local/bundle' }],
    ['specifications/a-1.gemspec', { kind: 'installed', home: '' }],
    ['usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec', { kind: 'default' }],
    ['app/vendor/bundle/ruby/3.1.0/specifications/a-1.gemspec', { kind: 'installed' }],
    ['b/bundler/gems/rails-0123456789ab/rails.gemspec', { kind: 'git', revision: '0123456789ab' }],
    ['b/bundler/gems/rails-0123456789ab/activesupport/activesupport.gemspec', { kind: 'git' }],
  ])('%s', (path, place) => expect(gemPlace(path)).toMatchObject(place));

  it.each([
    'app/mine.gemspec',
    'usr/local/bundle/gems/rack-2.0/rack.gemspec',
    'usr/local/bundle/gems/bundler-2.0/spec/specifications/x.gemspec',
    'b/bundler/gems/rails-0123456789ab/a/b/c/x.gemspec',
  ])('%s is none', (path) => expect(gemPlace(path)).toBeUndefined());

  it('keep lock files that gems carry along apart', () => {
    expect(isInsideGem('usr/lib/ruby/gems/3.1.0/gems/rbs-2.7.0/steep/Gemfile.lock')).toBe(true);
    expect(isInsideGem('srv/gems/Gemfile.lock')).toBe(false);
  });
});

describe('Gemfile.lock', () => {
  const lock = sample('platforms.Gemfile.lock');

  it('names each gem once, whatever its platforms, and not the application itself', () => {
    const { packages, relations } = resolve({ 'srv/app/Gemfile.lock': lock });
    expect(packages.map(({ purl, direct }) => `${purl} ${direct}`)).toEqual([
      'pkg:gem/activesupport@7.2.0.alpha false',
      'pkg:gem/rails@7.2.0.alpha true',
      'pkg:gem/concurrent-ruby@1.2.3 false',
      'pkg:gem/i18n@1.14.1 false',
      'pkg:gem/nokogiri@1.16.2 true',
      'pkg:gem/racc@1.7.3 false',
    ]);
    expect(relations).toContainEqual({ from: 'pkg:gem/nokogiri@1.16.2', to: 'pkg:gem/racc@1.7.3' });
    expect(relations).toContainEqual({ from: 'pkg:gem/rails@7.2.0.alpha', to: 'pkg:gem/activesupport@7.2.0.alpha' });
  });

  it('of a real project is read whole', () => {
    const { evidence } = analyze('srv/rbs/Gemfile.lock', sample('rbs.Gemfile.lock'));
    expect(evidence).toMatchObject({ kind: 'lock', git: [] });
    expect(evidence?.kind === 'lock' ? evidence.packages.length : 0).toBe(42);
  });

  it('names nothing when one of its gems is installed', () => {
    const files = { 'srv/app/Gemfile.lock': lock, [`${HOME}/nokogiri-1.15.0.gemspec`]: plain('nokogiri', '1.15.0') };
    expect(purls(files)).toEqual(['pkg:gem/nokogiri@1.15.0']);
  });

  it('still counts beside gems that come with Ruby or belong to the distribution', () => {
    const files = {
      'srv/app/Gemfile.lock': lock,
      'usr/lib/ruby/gems/3.1.0/specifications/default/racc-1.6.0.gemspec': plain('racc', '1.6.0'),
      'usr/share/rubygems-integration/all/specifications/i18n-1.10.gemspec': plain('i18n', '1.10'),
      'usr/lib/ruby/gems/3.1.0/specifications/racc-1.6.1.gemspec': plain('racc', '1.6.1'),
    };
    const found = purls(files, (path) => (path.startsWith('usr/share/') ? 'ruby-i18n' : undefined));
    expect(found).toContain('pkg:gem/nokogiri@1.16.2');
    expect(found).toContain('pkg:gem/racc@1.6.0');
  });

  it('tells direct gems among installed ones', () => {
    const { packages } = resolve({
      'srv/app/Gemfile.lock': lock,
      [`${HOME}/a.gemspec`]: plain('nokogiri', '1.16.2'),
      [`${HOME}/b.gemspec`]: plain('i18n', '1.14.1'),
      [`${HOME}/c.gemspec`]: plain('puma', '6.0'),
    });
    expect(packages.map(({ name, direct }) => [name, direct])).toEqual([
      ['nokogiri', true],
      ['i18n', false],
      ['puma', null],
    ]);
  });

  it('inside a gem describes nothing that is installed', () => {
    expect(analyze('b/gems/rbs-2.7.0/Gemfile.lock', lock)).toEqual({ evidence: null, problems: [] });
  });

  it.each([
    ['with a merge conflict', `${lock.slice(0, 300)}\n<<<<<<< HEAD\n`],
    ['that is another file', 'hello\n'],
  ])('%s is a problem', (_, text) => {
    expect(analyze('Gemfile.lock', text)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('with too many dependencies keeps what came before', () => {
    const many = `GEM\n  specs:\n    a (1)\n${'      b\n'.repeat(1_000_001)}`;
    expect(analyze('Gemfile.lock', many)).toMatchObject({
      evidence: { packages: [{ name: 'a' }] },
      problems: [{ code: 'limit-exceeded' }],
    });
  });
});

describe('gems that Bundler checked out of git', () => {
  const folder = 'b/bundler/gems/rails-0123456789ab';
  const lock = sample('platforms.Gemfile.lock');

  it('take a computed version from the lock file, and only the gems that it names', () => {
    const files = {
      'srv/app/Gemfile.lock': lock,
      [`${folder}/rails.gemspec`]: gemspec('s.name = "rails"\ns.version = version'),
      [`${folder}/activesupport/activesupport.gemspec`]: plain('activesupport', '7.2.0.alpha'),
      [`${folder}/actionmailbox/actionmailbox.gemspec`]: plain('actionmailbox', '7.2.0.alpha'),
    };
    expect(purls(files)).toEqual(['pkg:gem/rails@7.2.0.alpha', 'pkg:gem/activesupport@7.2.0.alpha']);
  });

  it('without a lock file stand for themselves', () => {
    expect(purls({ [`${folder}/rails.gemspec`]: plain('rails', '7.2.0') })).toEqual(['pkg:gem/rails@7.2.0']);
  });
});

describe('relations of installed gems', () => {
  it('lead to the newest gem of the same home that meets the requirement', () => {
    const need = '  s.add_runtime_dependency(%q<rack>.freeze, ["~> 2.0"])';
    const { relations } = resolve({
      'h1/specifications/a.gemspec': plain('sinatra', '2.1', need),
      'h1/specifications/b.gemspec': plain('rack', '2.0.9'),
      'h1/specifications/c.gemspec': plain('rack', '2.0.10'),
      'h1/specifications/d.gemspec': plain('rack', '3.0'),
      'h2/specifications/e.gemspec': plain('rack', '2.2'),
    });
    expect(relations).toEqual([{ from: 'pkg:gem/sinatra@2.1', to: 'pkg:gem/rack@2.0.10' }]);
  });
});
