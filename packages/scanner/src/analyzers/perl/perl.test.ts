import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { parseDistribution } from './distribution.ts';
import { type PerlEvidence, perl } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => perl.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string }, ownerOf?: (path: string) => string | undefined) {
  const evidence = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return perl.resolve(viewOf<PerlEvidence>(Object.fromEntries(evidence), ownerOf === undefined ? {} : { ownerOf }));
}
const purls = (...args: Parameters<typeof resolve>) => resolve(...args).packages.map(({ purl }) => purl);

const LIB = 'usr/local/lib/perl5/x86_64-linux-gnu/';
const THING = `${LIB}.meta/Acme-Thing-1.02/`;
const record = (dist: string, module: string): string =>
  JSON.stringify({ dist, pathname: `A/AC/ACME/${dist}.tar.gz`, version: 0.1, provides: { [module]: {} } });

describe('what cpanm recorded', () => {
  const files = {
    [`${THING}install.json`]: sample('install.json'),
    [`${THING}MYMETA.json`]: sample('MYMETA.json'),
    [`${LIB}.meta/Acme-Base-0.10/install.json`]: record('Acme-Base-0.10', 'Acme::Base'),
  };

  it('is named with its author, and by the version of its archive, not by a number of JSON', () => {
    expect(purls(files)).toEqual(['pkg:cpan/Acme-Thing@1.02?author=ACME', 'pkg:cpan/Acme-Base@0.10?author=ACME']);
  });

  it('has licences, and needs the distribution of the module that it names', () => {
    const { packages, relations } = resolve(files);
    expect(packages[0]?.licenses).toEqual(['perl_5']);
    expect(relations).toEqual([
      { from: 'pkg:cpan/Acme-Thing@1.02?author=ACME', to: 'pkg:cpan/Acme-Base@0.10?author=ACME' },
    ]);
  });

  it('goes before a snapshot that names any of it', () => {
    expect(purls({ ...files, 'srv/cpanfile.snapshot': sample('cpanfile.snapshot') })).toHaveLength(2);
  });

  it.each(['{', '{}', '{"dist":"x"}', '{"dist":"Foo-1\\u0000"}', '[]'])('that is %s is a problem', (content) => {
    expect(analyze(`${THING}install.json`, content)).toMatchObject({ problems: [{ code: 'unreadable' }] });
    expect(analyze(`${THING}MYMETA.json`, content)).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });

  it('is not what other files of these names are', () => {
    for (const path of ['srv/web/install.json', 'root/build/Foo-1.0/MYMETA.json']) {
      expect(analyze(path, '{')).toEqual({ evidence: null, problems: [] });
    }
  });
});

describe('what make install logged', () => {
  const log = { [`${LIB}perllocal.pod`]: sample('perllocal.pod') };
  const packlist = (module: string) => ({ [`${LIB}auto/${module}/.packlist`]: '/x.pm\n' });

  it('counts while the list of its files is there', () => {
    expect(purls(log)).toEqual([]);
    expect(purls({ ...log, ...packlist('Acme/Thing') })).toEqual(['pkg:cpan/Acme-Thing@1.02']);
  });

  it('counts with the version of its last entry', () => {
    const later = sample('perllocal.pod').replaceAll('VERSION: 1.02', 'VERSION: 2.00');
    const twice = { [`${LIB}perllocal.pod`]: `${sample('perllocal.pod')}\n${later}`, ...packlist('Acme/Thing') };
    expect(purls(twice)).toEqual(['pkg:cpan/Acme-Thing@2.00']);
  });

  it('is not named twice where cpanm recorded it', () => {
    const files = { ...log, ...packlist('Acme/Thing'), [`${THING}install.json`]: sample('install.json') };
    expect(purls(files)).toEqual(['pkg:cpan/Acme-Thing@1.02?author=ACME']);
  });

  it('is a problem where nothing states the version', () => {
    expect(resolve(packlist('Some/Module')).problems).toMatchObject([
      { code: 'undetermined-version', path: `${LIB}auto/Some/Module/.packlist` },
    ]);
    expect(resolve(packlist('Some/Module'), () => 'libsome-perl').problems).toEqual([]);
  });

  it("of Perl's own build is none", () => {
    expect(analyze('usr/local/lib/perl5/5.38.2/x86_64-linux-gnu/.packlist', 'x').evidence).toBeNull();
  });
});

describe('cpanfile.snapshot', () => {
  it('names distributions with author and needs', () => {
    const { packages, relations } = resolve({ 'srv/cpanfile.snapshot': sample('cpanfile.snapshot') });
    expect(packages.map(({ purl }) => purl)).toEqual([
      'pkg:cpan/Acme-Base@0.10?author=ACME',
      'pkg:cpan/libacme-perl@6.76?author=OALDERS',
    ]);
    expect(relations).toEqual([
      { from: 'pkg:cpan/libacme-perl@6.76?author=OALDERS', to: 'pkg:cpan/Acme-Base@0.10?author=ACME' },
    ]);
  });

  it('of no distributions is empty; without its first line it is a problem', () => {
    const empty = '# carton snapshot format: version 1.0\nDISTRIBUTIONS\n';
    expect(analyze('cpanfile.snapshot', empty)).toEqual({
      evidence: { kind: 'lock', distributions: [] },
      problems: [],
    });
    expect(analyze('cpanfile.snapshot', 'DISTRIBUTIONS\n')).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });
});

it.each([
  ['Net-SSLeay-1.94', 'Net-SSLeay', '1.94'],
  ['libwww-perl-6.76', 'libwww-perl', '6.76'],
  ['Foo-Bar-v1.2.3', 'Foo-Bar', 'v1.2.3'],
  ['Foo-1.02_03-TRIAL', 'Foo', '1.02_03-TRIAL'],
  ['Text-Tabs+Wrap-2024.001', 'Text-Tabs+Wrap', '2024.001'],
  ['Foo', undefined, undefined],
  ['-1', undefined, undefined],
])('%s is the distribution %s %s', (dist, name, version) => {
  const found = parseDistribution(dist, undefined);
  expect([found?.name, found?.version]).toEqual([name, version]);
});

it.each(['-1', 'A/', '-', '1', 'C<'])('a long run of %j ends at once', (unit) => {
  const text = unit.repeat(50_000);
  const before = process.threadCpuUsage();
  parseDistribution(text, `A/AC/ACME/${text}`);
  analyze(`${LIB}perllocal.pod`, `=head2 ${text}\nC<VERSION: ${text}`);
  analyze('cpanfile.snapshot', `# carton snapshot format: version 1.0\n  ${text}\n`);
  expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
});
