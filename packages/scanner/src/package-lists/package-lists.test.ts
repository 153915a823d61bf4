import { describe, expect, it } from 'vitest';
import { packageListLimits } from './limits.ts';
import { packageOfPurl } from './package-of-purl.ts';
import { parsePurlList } from './purl-list.ts';
import { parseSbom } from './sbom.ts';

describe('packageOfPurl', () => {
  it.each([
    'pkg:npm/q%1B%5B31m@1',
    'pkg:npm/q@1%00',
    'pkg:npm/%40a%0Ab/q@1',
    'pkg:deb/debian/q@1?upstream=x%07',
    'pkg:rpm/rocky/q@1?epoch=%C2%9B',
  ])('takes no control character hidden behind an encoding: %s', (purl) => {
    expect(packageOfPurl(purl, 'sbom')).toBeUndefined();
  });

  it('reads a Debian purl: release, architecture and the source package', () => {
    expect(
      packageOfPurl('pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl', 'purl'),
    ).toMatchObject({
      type: 'deb',
      name: 'libssl3',
      version: '3.0.11-1~deb12u2',
      architecture: 'amd64',
      source: { name: 'openssl', version: '3.0.11-1~deb12u2' },
      distribution: { id: 'debian', release: '12' },
    });
  });

  it('judges a binNMU by the version of its source', () => {
    expect(packageOfPurl('pkg:deb/debian/bash@5.2.15-2%2Bb13?distro=debian-12', 'purl')?.source).toEqual({
      name: 'bash',
      version: '5.2.15-2',
    });
    expect(
      packageOfPurl('pkg:deb/debian/bash@5.2.15-2%2Bb13?distro=debian-12&upstream=bash%405.2.15-2', 'purl')?.source,
    ).toEqual({ name: 'bash', version: '5.2.15-2' });
  });

  it('reads a Debian release by number or codename, with or without its point release', () => {
    for (const distro of ['debian-11', 'debian-11.11', '11', 'bullseye', 'debian-bullseye']) {
      expect(packageOfPurl(`pkg:deb/debian/bash@5.1-2?distro=${distro}`, 'purl')?.distribution).toEqual({
        id: 'debian',
        release: '11',
      });
    }
    expect(packageOfPurl('pkg:deb/debian/bash@5.1-2?distro=sid', 'purl')?.distribution?.release).toBe('sid');
  });

  it('keeps an epoch that stands in its own qualifier', () => {
    expect(packageOfPurl('pkg:deb/debian/bind9-libs@9.16.50-1?epoch=1&distro=debian-11', 'purl')?.version).toBe(
      '1:9.16.50-1',
    );
  });

  it('reads an rpm purl as the analyzer writes it: epoch, source, module and release', () => {
    const text =
      'pkg:rpm/rocky/nodejs@18.20.2-1.el8?arch=x86_64&distro=rocky-8.10&epoch=1&rpmmod=nodejs:18:81:48&upstream=nodejs-18.20.2-1.el8.src.rpm';
    expect(packageOfPurl(text, 'purl')).toMatchObject({
      name: 'nodejs',
      version: '1:18.20.2-1.el8',
      source: { name: 'nodejs', version: '1:18.20.2-1.el8' },
      distribution: { id: 'rocky', release: '8' },
      module: 'nodejs:18:81:48',
    });
  });

  it.each([
    ['redhat/bash@1-1?distro=redhat-9.4', 'rhel', '9'],
    ['redhat/bash@1-1?distro=rhel-9.4', 'rhel', '9'],
    ['fedora/bash@1-1?distro=fedora-40', 'fedora', '40'],
    ['opensuse/bash@1-1?distro=opensuse-leap-15.6', 'opensuse-leap', '15.6'],
    ['opensuse/bash@1-1?distro=opensuse.leap-15.6', 'opensuse-leap', '15.6'],
    ['opensuse/bash@1-1?distro=opensuse-tumbleweed-20240613', 'opensuse-tumbleweed', ''],
    ['amazon/bash@1-1?distro=amazon-2', 'amzn', '2'],
    ['amzn/bash@1-1?distro=amzn-2018.03', 'amzn', '1'],
    ['mariner/bash@1-1?distro=cbl-mariner-2.0', 'mariner', '2.0'],
    ['openeuler/bash@1-1?distro=openeuler-22.03-LTS-SP3', 'openeuler', '22.03-LTS-SP3'],
    ['centos/bash@1-1?distro=7', 'centos', '7'],
    ['rhel/bash@1-1', 'rhel', ''],
  ])('finds the distribution of pkg:rpm/%s', (text, id, release) => {
    expect(packageOfPurl(`pkg:rpm/${text}`, 'purl')?.distribution).toEqual({ id, release });
  });

  it.each<[string, readonly string[] | undefined]>([
    ['&repository_id=rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_4', ['rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_4']],
    ['&repository_id=', undefined],
    [`&repository_id=${'a'.repeat(10_000)}`, undefined],
    ['', undefined],
  ])('knows the repository that an rpm purl names: %.60s', (qualifier, sets) => {
    const found = packageOfPurl(`pkg:rpm/redhat/bash@5-1?arch=x86_64${qualifier}`, 'purl');
    expect(found?.contentSets).toEqual(sets);
  });

  it('takes an epoch of 0 for none, and an rpm without a source for its own', () => {
    expect(packageOfPurl('pkg:rpm/bash@5-1?epoch=0&upstream=bash', 'purl')).toMatchObject({
      version: '5-1',
      source: { name: 'bash', version: '5-1' },
      distribution: null,
    });
  });

  it('reads Alpine releases with and without a patch number', () => {
    for (const distro of ['alpine-3.20.1', '3.20.1', 'alpine-3.20', 'v3.20']) {
      expect(packageOfPurl(`pkg:apk/alpine/musl@1.2.5-r0?distro=${distro}`, 'purl')?.distribution).toEqual({
        id: 'alpine',
        release: '3.20',
      });
    }
  });

  it("joins scope and module path into the ecosystem's own name", () => {
    expect(packageOfPurl('pkg:npm/%40babel/traverse@7.22.0', 'purl')?.name).toBe('@babel/traverse');
    expect(packageOfPurl('pkg:golang/golang.org/x/net@v0.7.0', 'purl')?.name).toBe('golang.org/x/net');
    expect(packageOfPurl('pkg:maven/org.example/core@1.0', 'purl')?.name).toBe('org.example:core');
  });

  it('is undefined without a version: nothing could be judged', () => {
    expect(packageOfPurl('pkg:npm/lodash', 'purl')).toBeUndefined();
    expect(packageOfPurl('lodash@1', 'purl')).toBeUndefined();
  });
});

describe('parsePurlList', () => {
  it('names the line that is no purl and keeps the rest', () => {
    const inventory = parsePurlList('# list\n\npkg:npm/lodash@4.17.4\nnonsense\n', 'list.txt');
    expect(inventory.packages.map((found) => found.name)).toEqual(['lodash']);
    expect(inventory.problems).toEqual([expect.objectContaining({ path: 'list.txt:4' })]);
  });

  it("tells the operating system from the packages' own distribution", () => {
    expect(parsePurlList('pkg:apk/alpine/musl@1.2.5-r0?distro=3.20.1\n', 'x').operatingSystem).toMatchObject({
      id: 'alpine',
      version: '3.20',
    });
  });
});

describe('parseSbom', () => {
  const cycloneDx = (components: unknown[]) =>
    JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components });

  it('reads nested CycloneDX components, licences and the operating system', () => {
    const { inventory } = parseSbom(
      cycloneDx([
        { type: 'operating-system', name: 'debian', version: '12' },
        { type: 'library', name: 'openssl', version: '3.0.11-1', purl: 'pkg:deb/debian/openssl@3.0.11-1' },
        {
          type: 'library',
          name: 'a',
          version: '1',
          purl: 'pkg:npm/a@1.0.0',
          licenses: [{ license: { id: 'MIT' } }],
          components: [{ type: 'library', name: 'b', purl: 'pkg:npm/b@2.0.0' }],
        },
      ]),
      'sbom.json',
    );
    expect(inventory.operatingSystem).toMatchObject({ id: 'debian', version: '12' });
    expect(inventory.packages.map((found) => found.purl)).toEqual([
      'pkg:deb/debian/openssl@3.0.11-1',
      'pkg:npm/a@1.0.0',
      'pkg:npm/b@2.0.0',
    ]);
    expect(inventory.packages[0]?.distribution).toEqual({ id: 'debian', release: '12' });
    expect(inventory.packages[1]?.licenses).toEqual(['MIT']);
  });

  it("makes a component that can't be judged a problem, never silence", () => {
    const { inventory } = parseSbom(cycloneDx([{ type: 'library', name: 'mystery', version: '1' }, 7]), 'sbom.json');
    expect(inventory.packages).toEqual([]);
    expect(inventory.problems).toHaveLength(2);
    expect(inventory.problems[0]?.detail).toContain('mystery');
  });

  it('reads SPDX 2 packages by their purl', () => {
    const text = JSON.stringify({
      spdxVersion: 'SPDX-2.3',
      name: 'app',
      packages: [
        {
          name: 'lodash',
          versionInfo: '4.17.4',
          licenseDeclared: 'MIT',
          externalRefs: [
            { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/lodash@4.17.4' },
          ],
        },
      ],
    });
    const { name, inventory } = parseSbom(text, 'x');
    expect(name).toBe('app');
    expect(inventory.packages[0]).toMatchObject({ name: 'lodash', licenses: ['MIT'] });
  });

  it('says what needs what, in either form', () => {
    const asCycloneDx = {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: ['a', 'b'].map((name) => ({ 'bom-ref': name, type: 'library', name, purl: `pkg:npm/${name}@1.0.0` })),
      dependencies: [{ ref: 'a', dependsOn: ['b', 'b', 'a', 'nobody', 7] }, { ref: 'nobody', dependsOn: ['a'] }, null],
    };
    const asSpdx = {
      spdxVersion: 'SPDX-2.3',
      packages: ['a', 'b'].map((name) => ({
        SPDXID: name,
        name,
        externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:npm/${name}@1.0.0` }],
      })),
      relationships: [{ spdxElementId: 'b', relationshipType: 'DEPENDENCY_OF', relatedSpdxElement: 'a' }, null],
    };
    for (const document of [asCycloneDx, asSpdx]) {
      expect(parseSbom(JSON.stringify(document), 'x').inventory.relations).toEqual([
        { from: 'pkg:npm/a@1.0.0', to: 'pkg:npm/b@1.0.0' },
      ]);
    }
  });

  it('does not list the application that an SPDX document is about, unless it lists nothing else', () => {
    const packages = ['app', 'a'].map((name) => ({
      SPDXID: name,
      name,
      externalRefs: name === 'a' ? [{ referenceType: 'purl', referenceLocator: 'pkg:npm/a@1.0.0' }] : [],
    }));
    const document = { spdxVersion: 'SPDX-2.3', documentDescribes: ['app'], packages };
    expect(parseSbom(JSON.stringify(document), 'x').inventory).toMatchObject({
      packages: [{ name: 'a' }],
      problems: [],
    });
    const alone = { ...document, packages: packages.slice(0, 1) };
    expect(parseSbom(JSON.stringify(alone), 'x').inventory.problems).toHaveLength(1);
  });

  it('leaves out the sources that a package was built from', () => {
    const packages = ['curl', 'source'].map((name) => ({
      SPDXID: name,
      name,
      externalRefs: [{ referenceType: 'purl', referenceLocator: `pkg:generic/${name}@1` }],
    }));
    const relationships = [{ spdxElementId: 'curl', relationshipType: 'GENERATED_FROM', relatedSpdxElement: 'source' }];
    const { inventory } = parseSbom(JSON.stringify({ spdxVersion: 'SPDX-2.3', packages, relationships }), 'x');
    expect(inventory.packages.map(({ name }) => name)).toEqual(['curl']);
  });

  it('reads the document that an attestation carries', () => {
    const predicate: unknown = JSON.parse(cycloneDx([{ type: 'library', name: 'a', purl: 'pkg:npm/a@1.0.0' }]));
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://cyclonedx.org/bom',
      predicate,
    };
    expect(parseSbom(JSON.stringify(statement), 'x').inventory.packages).toHaveLength(1);
  });

  it('ends on nesting of any depth', () => {
    let inner: unknown = { type: 'library', name: 'x', purl: 'pkg:npm/x@1.0.0' };
    for (let depth = 0; depth < 500; depth += 1)
      inner = { type: 'library', name: `d${depth}`, purl: `pkg:npm/d${depth}@1.0.0`, components: [inner] };
    const { inventory } = parseSbom(cycloneDx([inner]), 'x');
    expect(inventory.packages.length).toBeLessThan(100);
    expect(inventory.problems).toEqual([expect.objectContaining({ code: 'limit-exceeded' })]);
  });

  it('keeps of what a document says only so much, and counts the rest', () => {
    const many = Array.from({ length: packageListLimits.problemsMax + 7 }, (_, at) => ({
      type: 'library',
      name: `n${at}`,
    }));
    const long = 'x'.repeat(100_000);
    const [first, ...rest] = many;
    const named = [{ ...first, name: long }, ...rest, { type: 'operating-system', name: long, version: long }];
    const { inventory } = parseSbom(cycloneDx(named), 'x');
    expect(inventory.problems).toHaveLength(packageListLimits.problemsMax + 1);
    expect(inventory.problems.at(-1)).toMatchObject({
      code: 'limit-exceeded',
      detail: expect.stringMatching(/^7 further/),
    });
    expect(inventory.problems[0]?.detail.length).toBeLessThanOrEqual(1_000);
    expect(inventory.operatingSystem?.name.length).toBeLessThan(1_000);
  });

  it.each(['', '{', '[]', '{"bomFormat":"Other"}'])('names the file when %j is no SBOM', (text) => {
    expect(() => parseSbom(text, 'sbom.json')).toThrow(
      expect.objectContaining({ code: 'not-an-image', place: 'sbom.json' }),
    );
  });
});
