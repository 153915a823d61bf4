import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPurl, type Purl, parsePurl, purlWithoutVersion } from './index.ts';
import { purlCharactersMax } from './limits.ts';

function purl(parts: Partial<Purl> & Pick<Purl, 'type' | 'name'>): Purl {
  return { namespace: null, version: null, qualifiers: {}, subpath: null, ...parts };
}

const CANONICAL: readonly (readonly [string, Purl])[] = [
  [
    'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc',
    purl({
      type: 'deb',
      namespace: 'debian',
      name: 'libc6',
      version: '2.36-9+deb12u4',
      qualifiers: { arch: 'amd64', distro: 'debian-12', upstream: 'glibc' },
    }),
  ],
  [
    'pkg:deb/debian/login@1:4.13%2Bdfsg1-1%2Bb1',
    purl({ type: 'deb', namespace: 'debian', name: 'login', version: '1:4.13+dfsg1-1+b1' }),
  ],
  [
    'pkg:apk/alpine/libstdc%2B%2B@13.2.1_git20240309-r0?distro=3.20',
    purl({
      type: 'apk',
      namespace: 'alpine',
      name: 'libstdc++',
      version: '13.2.1_git20240309-r0',
      qualifiers: { distro: '3.20' },
    }),
  ],
  ['pkg:npm/%40babel/core@7.24.0', purl({ type: 'npm', namespace: '@babel', name: 'core', version: '7.24.0' })],
  ['pkg:npm/JSONStream@1.3.5', purl({ type: 'npm', name: 'JSONStream', version: '1.3.5' })],
  ['pkg:pypi/zope-interface@6.1', purl({ type: 'pypi', name: 'zope-interface', version: '6.1' })],
  [
    'pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible#autorest/adal',
    purl({
      type: 'golang',
      namespace: 'github.com/Azure',
      name: 'go-autorest',
      version: 'v14.2.0+incompatible',
      subpath: 'autorest/adal',
    }),
  ],
  ['pkg:golang/stdlib@1.22.1', purl({ type: 'golang', name: 'stdlib', version: '1.22.1' })],
  [
    'pkg:gem/nokogiri@1.16.0?platform=x86_64-linux',
    purl({ type: 'gem', name: 'nokogiri', version: '1.16.0', qualifiers: { platform: 'x86_64-linux' } }),
  ],
  [
    'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar',
    purl({
      type: 'maven',
      namespace: 'org.apache.logging.log4j',
      name: 'log4j-core',
      version: '2.14.1',
      qualifiers: { type: 'jar' },
    }),
  ],
  ['pkg:cargo/smallvec@1.6.0', purl({ type: 'cargo', name: 'smallvec', version: '1.6.0' })],
  [
    'pkg:composer/symfony/http-kernel@v5.4.0',
    purl({ type: 'composer', namespace: 'symfony', name: 'http-kernel', version: 'v5.4.0' }),
  ],
  ['pkg:nuget/Newtonsoft.Json@13.0.1', purl({ type: 'nuget', name: 'Newtonsoft.Json', version: '13.0.1' })],
  [
    'pkg:generic/openssl@1.1.1w?download_url=https:%2F%2Fexample.org%2Fo.tar.gz%3Fx%3D1',
    purl({
      type: 'generic',
      name: 'openssl',
      version: '1.1.1w',
      qualifiers: { download_url: 'https://example.org/o.tar.gz?x=1' },
    }),
  ],
  ['pkg:generic/caf%C3%A9%20%28x%29@1', purl({ type: 'generic', name: 'café (x)', version: '1' })],
];

/** What is not canonical, and the canonical text it stands for. */
const NORMALISED: readonly (readonly [string, string])[] = [
  ['PKG:Deb/Debian/LibC6@2.36', 'pkg:deb/debian/libc6@2.36'],
  ['pkg://npm/%40Scope/Name@1.0.0', 'pkg:npm/%40Scope/Name@1.0.0'],
  ['pkg:npm/@babel/core@7.24.0', 'pkg:npm/%40babel/core@7.24.0'],
  ['pkg:npm/@babel/core', 'pkg:npm/%40babel/core'],
  ['pkg:pypi/Zope_Interface@6.1', 'pkg:pypi/zope-interface@6.1'],
  ['pkg:composer/Symfony/HTTP-Kernel@v5', 'pkg:composer/symfony/http-kernel@v5'],
  ['pkg:luarocks/Hisham/LuaFileSystem@1.8.0-1', 'pkg:luarocks/hisham/luafilesystem@1.8.0-1'],
  ['pkg:otp/Kernel@9.2', 'pkg:otp/kernel@9.2'],
  ['pkg:pub/Build-Runner@2.2.1', 'pkg:pub/build_runner@2.2.1'],
  ['pkg:cpan/gdt/URI-PackageURL@2.04', 'pkg:cpan/GDT/URI-PackageURL@2.04'],
  ['pkg:hackage/AC-HalfInteger@1.2.1', 'pkg:hackage/AC-HalfInteger@1.2.1'],
  ['pkg:vscode-extension/Redhat/Java@1.0.0', 'pkg:vscode-extension/redhat/java@1.0.0'],
  ['pkg:golang/GitHub.com/Burntsushi/TOML@v1', 'pkg:golang/GitHub.com/Burntsushi/TOML@v1'],
  ['pkg:golang//a.b//c/@v1', 'pkg:golang/a.b/c@v1'],
  ['pkg:deb/debian/x@1?b=2&a=1&c=', 'pkg:deb/debian/x@1?a=1&b=2'],
  ['pkg:deb/debian/x@1+b1?', 'pkg:deb/debian/x@1%2Bb1'],
  ['pkg:golang/a.b/c@v1#/../x/./y/', 'pkg:golang/a.b/c@v1#x/y'],
];

const REFUSED: readonly string[] = [
  '',
  'pkg:',
  'pkg:npm',
  'pkg:npm/',
  'pkg:maven/@1.3.4',
  'npm/x@1',
  'pkg:3nginx/nginx@1',
  'pkg:n&g?inx/nginx@1',
  'pkg:npm/x@1?in%20production=true',
  'pkg:npm/x@1?=1',
  'pkg:npm/x@1?a',
  'pkg:npm/x@1?a=1&A=2',
  'pkg:npm/%ZZ@1',
  'pkg:npm/x@%E0%A4%A',
  `pkg:npm/${'x'.repeat(purlCharactersMax)}`,
];

describe('package URLs', () => {
  it.each(CANONICAL)('parses and formats %s', (text, parts) => {
    expect(parsePurl(text)).toEqual(parts);
    expect(formatPurl(parts)).toBe(text);
  });

  it.each(NORMALISED)('reads %s as %s', (text, canonical) => {
    const parts = parsePurl(text);
    expect(parts && formatPurl(parts)).toBe(canonical);
  });

  it.each(REFUSED)('finds no package URL in %j', (text) => {
    expect(parsePurl(text)).toBeUndefined();
  });

  it('normalises what it builds', () => {
    expect(formatPurl({ type: 'PyPI', name: 'Foo_Bar', version: '1.0' })).toBe('pkg:pypi/foo-bar@1.0');
    expect(
      formatPurl({
        type: 'deb',
        namespace: 'debian',
        name: 'x',
        version: '',
        qualifiers: { arch: null, epoch: undefined },
      }),
    ).toBe('pkg:deb/debian/x');
    expect(formatPurl({ type: 'npm', name: 'x', qualifiers: { 'in production': 'yes' } })).toBe('pkg:npm/x');
  });

  it('keeps the identity of a package and drops the rest', () => {
    expect(purlWithoutVersion('pkg:deb/Debian/libc6@2.36?arch=amd64&distro=debian-12')).toBe('pkg:deb/debian/libc6');
    expect(purlWithoutVersion('pkg:npm/@babel/core@7#sub')).toBe('pkg:npm/%40babel/core');
    expect(purlWithoutVersion('not a purl@1')).toBe('not a purl@1');
  });

  it('never throws, and formats to a fixed point', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `pkg:npm/${text}`),
        ),
        (text) => {
          const parts = parsePurl(text);
          if (parts === undefined) return;
          const canonical = formatPurl(parts);
          expect(parsePurl(canonical)).toEqual(parts);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('gives back what it was built from, whatever the characters', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, text, (name, version, value) => {
        const built = formatPurl({ type: 'generic', name: `a${name}`, version, qualifiers: { k: value } });
        expect(parsePurl(built)).toMatchObject({ name: `a${name}`, version, qualifiers: { k: value } });
        expect(built).toMatch(/^[A-Za-z0-9.\-_~%:/@?=&#]+$/);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
