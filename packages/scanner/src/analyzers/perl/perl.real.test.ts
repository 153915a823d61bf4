import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type PerlEvidence, perl } from './index.ts';

const MODULES = [
  { dist: 'Acme-Base-0.10', module: 'Acme::Base', version: '0.10', license: 'mit', needs: '' },
  { dist: 'Acme-Thing-1.20', module: 'Acme::Thing', version: '1.20', license: 'perl_5', needs: "'Acme::Base' => 0" },
] as const;

/** A folder laid out as CPAN, with the two distributions that Perl's own tools made of their sources. */
function makeMirror(root: string): string {
  const mirror = join(root, 'mirror');
  const authors = join(mirror, 'authors', 'id', 'A', 'AC', 'ACME');
  mkdirSync(authors, { recursive: true });
  mkdirSync(join(mirror, 'modules'));
  for (const { dist, module, version, license, needs } of MODULES) {
    const source = join(root, dist);
    const file = `lib/${module.replace('::', '/')}.pm`;
    mkdirSync(dirname(join(source, file)), { recursive: true });
    writeFileSync(join(source, file), `package ${module};\nour $VERSION = '${version}';\n1;\n`);
    writeFileSync(join(source, 'MANIFEST'), `MANIFEST\nMakefile.PL\n${file}\n`);
    const make = `NAME => '${module}', VERSION_FROM => '${file}', LICENSE => '${license}', PREREQ_PM => { ${needs} }`;
    writeFileSync(join(source, 'Makefile.PL'), `use ExtUtils::MakeMaker;\nWriteMakefile(${make});\n`);
    execFileSync('perl', ['Makefile.PL'], { cwd: source, stdio: 'ignore' });
    execFileSync('make', ['dist'], { cwd: source, stdio: 'ignore' });
    cpSync(join(source, `${dist}.tar.gz`), join(authors, `${dist}.tar.gz`));
  }
  const index = MODULES.map(({ dist, module, version }) => `${module} ${version} A/AC/ACME/${dist}.tar.gz\n`).join('');
  writeFileSync(
    join(mirror, 'modules', '02packages.details.txt.gz'),
    gzipSync(`File: 02packages.details.txt\n\n${index}`),
  );
  return mirror;
}

const missing = ['cpanm', 'perl', 'make'].some((program) => findProgram(program) === undefined);

describe.skipIf(missing)('distributions that cpanm installed', () => {
  let root = '';
  let files: readonly string[] = [];
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'hullcheck-perl-'));
    const mirror = makeMirror(root);
    const args = [
      '-L',
      join(root, 'local'),
      '--notest',
      '--mirror',
      `file://${mirror}`,
      '--mirror-only',
      'Acme::Thing',
    ];
    execFileSync('cpanm', args, { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: root } });
    files = readdirSync(join(root, 'local'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const resolve = (chosen: readonly string[]) =>
    perl.resolve(
      viewOf<PerlEvidence>(
        Object.fromEntries(
          chosen.map((path) => [
            path,
            [perl.analyze(memoryFile(path, readFileSync(join(root, path))), claimsNothing).evidence],
          ]),
        ),
      ),
    );

  it('have the versions that Perl says when it loads them', () => {
    const program = MODULES.map(({ module }) => `use ${module}; print ${module}->VERSION, "\\n";`).join('');
    const said = execFileSync('perl', ['-I', join(root, 'local', 'lib', 'perl5'), '-e', program], { encoding: 'utf8' });
    const { packages, problems } = resolve(files);
    expect(packages.map(({ version }) => version).sort()).toEqual(said.trim().split('\n').sort());
    expect(problems).toEqual([]);
  });

  it('have the names, authors, licences and needs of their archives', () => {
    const { packages, relations } = resolve(files);
    expect(packages.map(({ purl, licenses }) => `${purl} ${licenses.join()}`).sort()).toEqual([
      'pkg:cpan/Acme-Base@0.10?author=ACME mit',
      'pkg:cpan/Acme-Thing@1.20?author=ACME perl_5',
    ]);
    expect(relations).toEqual([
      { from: 'pkg:cpan/Acme-Thing@1.20?author=ACME', to: 'pkg:cpan/Acme-Base@0.10?author=ACME' },
    ]);
  });

  it('are found by what make install left where the records of cpanm are gone', () => {
    const left = files.filter((path) => !path.includes('/.meta/'));
    expect(
      resolve(left)
        .packages.map(({ purl }) => purl)
        .sort(),
    ).toEqual(['pkg:cpan/Acme-Base@0.10', 'pkg:cpan/Acme-Thing@1.20']);
  });
});
