import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { embeddedSbom } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => embeddedSbom.analyze(memoryFile(path, content), claimsNothing);
const resolve = (path: string, content: string, ownerOf?: (path: string) => string | undefined) =>
  embeddedSbom.resolve(viewOf({ [path]: [analyze(path, content).evidence] }, ownerOf === undefined ? {} : { ownerOf }));
const EMPTY = '{"bomFormat":"CycloneDX","specVersion":"1.5"}';

describe('a CycloneDX document', () => {
  const path = 'srv/shop/app.cdx.json';

  it('states its components with licences, CPEs and distribution', () => {
    const { packages } = resolve(path, sample('app.cdx.json'));
    expect(packages.map(({ purl, licenses, analyzer, paths }) => [purl, licenses, analyzer, paths])).toEqual([
      ['pkg:npm/express@4.19.2', ['MIT'], 'embedded-sbom', [path]],
      ['pkg:npm/qs@6.11.0', ['BSD-3-Clause'], 'embedded-sbom', [path]],
      ['pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12', [], 'embedded-sbom', [path]],
    ]);
    expect(packages[0]?.cpes).toEqual(['cpe:2.3:a:openjsf:express:4.19.2:*:*:*:*:node.js:*:*']);
    expect(packages[2]?.distribution).toEqual({ id: 'debian', release: '12' });
  });

  it('states what needs what', () => {
    expect(resolve(path, sample('app.cdx.json')).relations).toEqual([
      { from: 'pkg:npm/express@4.19.2', to: 'pkg:npm/qs@6.11.0' },
    ]);
  });

  it('has a problem for what nobody can judge', () => {
    expect(analyze(path, sample('app.cdx.json')).problems).toMatchObject([
      { code: 'undetermined-version', detail: expect.stringMatching(/^1 of/) },
    ]);
  });
});

describe('an SPDX document of an apk', () => {
  const path = 'var/lib/db/sbom/zlib-1.3.1-r4.spdx.json';

  it('states the package, not its sources and recipe', () => {
    expect(resolve(path, sample('zlib-1.3.1-r4.spdx.json')).packages.map(({ purl }) => purl)).toEqual([
      'pkg:apk/wolfi/zlib@1.3.1-r4?arch=x86_64&distro=wolfi',
    ]);
    expect(analyze(path, sample('zlib-1.3.1-r4.spdx.json')).problems).toEqual([]);
  });

  it('that a package owns leaves its components to the distribution', () => {
    const { packages } = resolve(path, sample('zlib-1.3.1-r4.spdx.json'), () => 'zlib');
    expect(packages[0]?.ownedBy).toBe('zlib');
  });
});

describe('files by their names', () => {
  it.each([
    'app/bom.json',
    'app/sbom.json',
    'app/x.bom.json',
    'app/x.sbom.json',
    'opt/docker/sbom/python/.spdx.python.json',
    'usr/share/sbom/x.json',
    'usr/lib/python3/site-packages/x-1.0.dist-info/sboms/x.json',
  ])('%s is read', (path) => {
    expect(analyze(path, EMPTY).evidence).not.toBeNull();
  });

  it.each([
    'srv/node_modules/parser/test/fixtures/bom.json',
    'usr/lib/go/src/x/testdata/a.spdx.json',
    'srv/vcpkg_installed/x64-linux/share/zlib/vcpkg.spdx.json',
    'srv/sboms/x.json',
    'usr/share/sbom/readme',
  ])('%s is not', (path) => {
    expect(analyze(path, EMPTY)).toEqual({ evidence: null, problems: [] });
  });
});

describe('broken documents', () => {
  it.each([
    ['no JSON', 'x.cdx.json', '{', 'unreadable'],
    ['another document', 'x.spdx.json', '{"a":1}', 'unreadable'],
    ['SPDX 3', 'x.spdx.json', '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}', 'unsupported'],
  ])('that hold %s are a problem', (_, path, content, code) => {
    expect(analyze(path, content)).toMatchObject({ evidence: null, problems: [{ code }] });
  });

  it('of a name that others use too are none', () => {
    expect(analyze('srv/bom.json', '{"parts":[]}')).toEqual({ evidence: null, problems: [] });
  });

  it.each([
    ['components that are none', '"components":[7,null,{"purl":7}]'],
    ['nesting without end', `"components":[${'{"components":['.repeat(300)}${']}'.repeat(300)}]`],
  ])('with %s are read as far as they go, with a problem', (_, part) => {
    const { evidence, problems } = analyze('a.cdx.json', `{"bomFormat":"CycloneDX","specVersion":"1.5",${part}}`);
    expect(evidence).not.toBeNull();
    expect(problems.length).toBeGreaterThan(0);
  });

  it('with relations to nobody, to itself and in a circle keep to their components', () => {
    const components = ['a', 'b'].map((ref) => ({
      'bom-ref': ref,
      type: 'library',
      name: ref,
      purl: `pkg:npm/${ref}@1`,
    }));
    const dependencies = [
      { ref: 'a', dependsOn: ['b', 'x', 'a'] },
      { ref: 'b', dependsOn: ['a'] },
    ];
    const text = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components, dependencies });
    expect(analyze('a.cdx.json', text).evidence?.components.map(({ needs }) => needs)).toEqual([[1, 0], [0]]);
  });
});
