import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type PythonEvidence, python } from './index.ts';
import { evaluateMarker, LINUX_WITHOUT_EXTRAS } from './marker.ts';
import { parseRequirement } from './requirement.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const rows = (name: string): readonly (readonly string[])[] =>
  sample(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
const analyze = (path: string, content: string | Uint8Array): ReturnType<typeof python.analyze> =>
  python.analyze(memoryFile(path, content), claimsNothing);

function resolve(
  files: { readonly [path: string]: string | Uint8Array },
  ownerOf?: (path: string) => string | undefined,
): ReturnType<typeof python.resolve> {
  const histories: { [path: string]: readonly (PythonEvidence | null)[] } = {};
  for (const [path, content] of Object.entries(files)) histories[path] = [analyze(path, content).evidence];
  return python.resolve(viewOf(histories, ownerOf === undefined ? {} : { ownerOf }));
}
const specs = (...args: Parameters<typeof resolve>): readonly string[] =>
  resolve(...args)
    .packages.map(({ name, version }) => `${name}==${version}`)
    .sort();
const direct = (files: { readonly [path: string]: string }): readonly string[] =>
  resolve(files)
    .packages.filter((pkg) => pkg.direct === true)
    .map(({ name }) => name)
    .sort();
const metadata = (name: string, version = '1'): string => `Name: ${name}\nVersion: ${version}\n\n`;
const SITE = 'usr/local/lib/python3.12/site-packages';

/** `lock file → name==version`, as the tools themselves list them for production on Linux with all extras. */
const expected = (lock: string): readonly string[] =>
  rows('locked.tsv')
    .filter(([file]) => file === lock)
    .map(([, name, version]) => `${name}==${version}`)
    .sort();

const projects: { readonly [lock: string]: { readonly [path: string]: string } } = {
  'uv.lock': { 'srv/uv.lock': sample('uv.lock') },
  'pylock.toml': { 'srv/pylock.toml': sample('pylock.toml') },
  'requirements.txt': { 'srv/requirements.txt': sample('requirements.txt') },
  'Pipfile.lock': { 'srv/Pipfile.lock': sample('Pipfile.lock'), 'srv/Pipfile': sample('Pipfile') },
  'poetry.lock': { 'srv/poetry.lock': sample('poetry.lock'), 'srv/pyproject.toml': sample('poetry-pyproject.toml') },
};

describe('lock files of projects with nothing installed', () => {
  it.each(Object.entries(projects))('%s names what its own tool would install', (lock, files) => {
    expect(expected(lock).length).toBeGreaterThan(9);
    expect(specs(files)).toEqual(expected(lock));
  });

  it('poetry.lock without groups takes them from pyproject.toml', () => {
    const files = { ...projects['poetry.lock'], 'srv/poetry.lock': sample('poetry-1.lock') };
    expect(specs(files)).toEqual(expected('poetry.lock'));
    expect(specs({ 'srv/poetry.lock': sample('poetry-1.lock') })).toContain('iniconfig==2.0.0');
  });

  it('poetry.lock of before 1.5 states categories', () => {
    const entry = (name: string, category: string): string =>
      `[[package]]\nname = "${name}"\nversion = "1.0"\ncategory = "${category}"\n`;
    expect(specs({ 'poetry.lock': entry('a', 'main') + entry('b', 'dev') })).toEqual(['a==1.0']);
  });

  it('pdm.lock joins extras, leaves out Windows, development and the project itself', () => {
    const files = { 'srv/pdm.lock': sample('pdm.lock'), 'srv/pyproject.toml': sample('pdm-pyproject.toml') };
    expect(specs(files)).toEqual([
      'anyio==4.12.1',
      'certifi==2026.10.18',
      'click==8.1.7',
      'h11==0.16.0',
      'httpcore==1.0.9',
      'httpx==0.27.0',
      'idna==3.20',
      'sniffio==1.3.1',
      'socksio==1.0.0',
    ]);
    expect(direct(files)).toEqual(['click', 'httpx']);
    expect(resolve(files).relations).toContainEqual({ from: 'pkg:pypi/httpx@0.27.0', to: 'pkg:pypi/socksio@1.0.0' });
  });

  it.each([
    ['uv.lock', ['click', 'httpx']],
    ['poetry.lock', ['click', 'httpx']],
    ['Pipfile.lock', ['click', 'httpx']],
    ['pylock.toml', []],
  ])('%s tells direct packages where something states them', (lock, names) => {
    expect(direct(projects[lock] ?? {})).toEqual(names);
  });

  it.each(['uv.lock', 'poetry.lock'])('%s says what needs what', (lock) => {
    const { relations } = resolve(projects[lock] ?? {});
    expect(relations).toContainEqual({ from: 'pkg:pypi/httpcore@1.0.9', to: 'pkg:pypi/h11@0.16.0' });
    expect(relations).toContainEqual({ from: 'pkg:pypi/httpx@0.27.0', to: 'pkg:pypi/socksio@1.0.0' });
    expect(relations?.some(({ to }) => to.includes('colorama'))).toBe(false);
  });

  it('pylock.toml leaves out groups that are not installed by default', () => {
    const text = `lock-version = "1.0"\ndefault-groups = ["main"]
[[packages]]\nname = "a"\nversion = "1"\nmarker = "'main' in dependency_groups or 'dev' in dependency_groups"
[[packages]]\nname = "b"\nversion = "1"\nmarker = "'dev' in dependency_groups"
[[packages]]\nname = "own"\ndirectory = { path = "." }\n`;
    expect(specs({ 'pylock.toml': text })).toEqual(['a==1']);
  });
});

describe('a lock file beside installed packages', () => {
  const lock = projects['uv.lock'] ?? {};

  it('names nothing when a package that it names is installed in any version', () => {
    expect(specs({ ...lock, [`${SITE}/idna-2.0.dist-info/METADATA`]: metadata('IDNA', '2.0') })).toEqual(['IDNA==2.0']);
  });

  it('counts beside packages of no project: of the distribution, of virtual environments, carried along', () => {
    const files = {
      ...lock,
      'usr/lib/python3/dist-packages/idna-2.0.egg-info': metadata('idna', '2.0'),
      [`${SITE}/pip-24.0.dist-info/METADATA`]: metadata('pip', '24.0'),
      [`${SITE}/setuptools/_vendor/anyio-1.dist-info/METADATA`]: metadata('anyio'),
    };
    const found = specs(files, (path) => (path.startsWith('usr/lib/') ? 'python3-idna' : undefined));
    expect(found).toContain('httpx==0.27.0');
  });

  it('is not outdone by packages that only development would share with it', () => {
    const files = { ...lock, [`${SITE}/iniconfig-2.0.0.dist-info/METADATA`]: metadata('iniconfig', '2.0.0') };
    expect(specs(files)).toContain('httpx==0.27.0');
  });

  it.each([
    `${SITE}/somebody/requirements.txt`,
    'usr/share/doc/python3-pip/requirements.txt',
    'app/tests/fixtures/poetry.lock',
    'app/docs/requirements.txt',
  ])('describes no project: %s', (path) => {
    expect(analyze(path, 'a==1\n')).toEqual({ evidence: null, problems: [] });
  });

  it('is documentation when a distribution package owns it', () => {
    expect(specs({ 'usr/share/x/requirements.txt': 'a==1\n' }, () => 'python3-x')).toEqual([]);
  });

  it('at the root of the image is a project, whatever the folder is called', () => {
    expect(specs({ 'docs/requirements.txt': 'a==1\n' })).toEqual(['a==1']);
  });
});

describe('requirements files', () => {
  it('count only what is pinned, as pip reads the lines', () => {
    const text = `\uFEFF# head
a==1.0            # comment
b[x,y] == 2.0 ; python_version < "3"
c (==3.0)
d===4.0+local
e>=5
f==6.*
g==7.0,!=7.1
h @ https://example.org/h-8.0.tar.gz
i==9.0 --hash=sha256:00 \\
    --hash=sha256:11
j==\\
10.0
k==11 ; sys_platform == "win32"
-e git+https://example.org/l.git@1.0#egg=l
--index-url https://example.org/simple
-c constraints.txt
./m-12.0.whl
n==1 \\
# a comment ends the line above
o==\${VERSION}
p==14.0.post1
==1.0
`;
    expect(specs({ 'requirements.txt': text })).toEqual(
      ['a==1.0', 'b==2.0', 'c==3.0', 'd==4.0+local', 'g==7.0', 'i==9.0', 'j==10.0', 'n==1', 'p==14.0.post1'].sort(),
    );
  });

  it('are read as PowerShell writes them', () => {
    const utf16 = Buffer.from('\uFEFFa==1.0\r\nb==2.0\r\n', 'utf16le');
    expect(specs({ 'requirements.txt': utf16 })).toEqual(['a==1.0', 'b==2.0']);
    expect(specs({ 'requirements.txt': Buffer.from(utf16).swap16() })).toEqual(['a==1.0', 'b==2.0']);
  });

  it('for development count only when one for production takes them in', () => {
    const dev = { 'app/requirements-dev.txt': 'pytest==7.0\n' };
    expect(specs(dev)).toEqual([]);
    expect(specs({ ...dev, 'app/requirements.txt': 'a==1\n-r requirements-dev.txt\n' })).toEqual([
      'a==1',
      'pytest==7.0',
    ]);
    expect(specs({ ...dev, 'app/x/dev-requirements.txt': '-r ../requirements-dev.txt\n' })).toEqual([]);
  });

  it('that include each other in a circle are read once', () => {
    const files = {
      'a/requirements.txt': '-r requirements-prod.txt\na==1',
      'a/requirements-prod.txt': '--requirement=requirements.txt\nb==1',
    };
    expect(specs(files)).toEqual(['a==1', 'b==1']);
  });

  it('that are no text are a problem', () => {
    expect(analyze('requirements.txt', 'a\0b')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('of hostile lines take linear time', () => {
    const before = process.threadCpuUsage();
    for (const part of ['a \\\n', '[', 'a==1,', ' #', ' -', '\\', ' '])
      analyze('requirements.txt', `a${part.repeat(200_000)}`);
    expect(process.threadCpuUsage(before).user).toBeLessThan(1_000_000);
  });
});

describe('environment markers', () => {
  it.each(rows('markers.tsv'))('%s is %s, as the packaging library has it', (marker, value) => {
    expect(evaluateMarker(marker ?? '', LINUX_WITHOUT_EXTRAS)).toBe(value);
  });

  it('that nest or go on without end stay open', () => {
    expect(evaluateMarker(`${'('.repeat(40)}os_name == "nt"${')'.repeat(40)}`, LINUX_WITHOUT_EXTRAS)).toBe('open');
    expect(evaluateMarker('os_name == "nt" and '.repeat(1000), LINUX_WITHOUT_EXTRAS)).toBe('open');
  });
});

describe('dependency specifiers', () => {
  it.each([
    ['a', { name: 'a', pinned: undefined, marker: undefined }],
    ['a.b_c [x] >=1 , ==2.0', { name: 'a.b_c', pinned: '2.0', marker: undefined }],
    ['a;os_name=="nt"', { name: 'a', pinned: undefined, marker: 'os_name=="nt"' }],
    ['a @ file:///x;y ; extra == "z"', { name: 'a', pinned: undefined, marker: 'extra == "z"' }],
  ])('%s', (text, found) => expect(parseRequirement(text)).toEqual(found));

  it.each(['', '-a', 'a b', 'http://x/y', './a', 'a-==1'])('%s names nothing', (text) =>
    expect(parseRequirement(text)).toBeUndefined(),
  );
});

describe('broken and hostile lock files', () => {
  it.each([
    ['uv.lock', 'version = '],
    ['uv.lock', 'a = 1\n'],
    ['poetry.lock', '[[package]'],
    ['poetry.lock', 'x = 1\n'],
    ['pdm.lock', 'x = 1\n'],
    ['pylock.toml', 'x = 1\n'],
    ['pylock.toml', `lock-version = "1.0"\na = ${'['.repeat(300)}`],
    ['Pipfile.lock', '[]'],
    ['Pipfile.lock', '{"other": {}}'],
  ])('%s that is none is a problem: %s', (name, text) => {
    expect(analyze(`srv/${name}`, text)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('keep the sound packages', () => {
    const text = `version = 1\n[[package]]\nname = "../x"\nversion = "1"\n[[package]]\nname = "a"\nversion = 1
[[package]]\nname = "b"\nversion = "1"\ndependencies = 7\nsource = { git = "u" }\n`;
    expect(specs({ 'uv.lock': text })).toEqual(['b==1']);
  });

  it('stop at the largest number of dependencies between versions of one name', () => {
    const versions = Array.from({ length: 64 }, (_, index) => `[[package]]\nname = "a"\nversion = "${index}"\n`).join(
      '',
    );
    const needs = `[${'{name="a"},'.repeat(4000)}]`;
    const hungry = Array.from(
      { length: 5 },
      (_, index) => `[[package]]\nname = "b${index}"\nversion = "1"\ndependencies = ${needs}\n`,
    );
    expect(analyze('uv.lock', `version = 1\n${versions}${hungry.join('')}`)).toMatchObject({
      problems: [{ code: 'limit-exceeded' }],
    });
  });
});
