import type { Package } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { analyzers, statingAnalyzers } from '../analyzers/catalogue.ts';
import { packageOfPurl } from '../package-lists/package-of-purl.ts';
import { withoutRestated } from './stated.ts';

function from(analyzer: string, ...purls: readonly string[]): readonly Package[] {
  return purls.flatMap((purl) => packageOfPurl(purl, analyzer) ?? []);
}
const rest = (...packages: readonly Package[]): readonly string[] =>
  withoutRestated(packages, statingAnalyzers).map(({ purl, analyzer }) => `${analyzer} ${purl}`);

describe('what an SBOM states', () => {
  it('yields to the same version found, whatever the qualifiers', () => {
    const found = from('golang', 'pkg:golang/golang.org/x/net@v0.7.0');
    const stated = from('embedded-sbom', 'pkg:golang/golang.org/x/net@v0.7.0?type=module#http2');
    expect(rest(...found, ...stated)).toEqual(['golang pkg:golang/golang.org/x/net@v0.7.0']);
  });

  it('stays where only another version is found, or nothing', () => {
    const found = from('npm', 'pkg:npm/qs@6.11.0');
    const stated = from('embedded-sbom', 'pkg:npm/qs@6.10.0', 'pkg:npm/%40a/qs@6.11.0', 'pkg:maven/a/b@1');
    expect(rest(...found, ...stated)).toEqual([
      'npm pkg:npm/qs@6.11.0',
      'embedded-sbom pkg:npm/qs@6.10.0',
      'embedded-sbom pkg:npm/%40a/qs@6.11.0',
      'embedded-sbom pkg:maven/a/b@1',
    ]);
  });

  it('of the system is not installed where the database of its package manager does not list it', () => {
    const found = from('dpkg', 'pkg:deb/debian/bash@5.2-1?distro=debian-12');
    const stated = from('embedded-sbom', 'pkg:deb/debian/curl@8-1?distro=debian-12', 'pkg:apk/wolfi/curl@8-r0');
    expect(rest(...found, ...stated)).toEqual([
      'dpkg pkg:deb/debian/bash@5.2-1?distro=debian-12',
      'embedded-sbom pkg:apk/wolfi/curl@8-r0',
    ]);
  });

  it('by two documents is no reason to drop either', () => {
    const stated = [...from('bitnami', 'pkg:npm/a@1.0.0'), ...from('embedded-sbom', 'pkg:npm/a@1.0.0')];
    expect(rest(...stated)).toHaveLength(2);
  });
});

it('the stating analyzers are in the catalogue as readers of SBOMs', () => {
  const readers = analyzers.filter(({ support }) => support.kind === 'sbom').map(({ id }) => id);
  expect([...statingAnalyzers].sort()).toEqual([...readers].sort());
});
