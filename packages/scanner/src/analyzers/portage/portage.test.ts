import { describe, expect, it } from 'vitest';
import { claimsAll, memoryFile, viewOf } from '../samples.testing.ts';
import { type PortageEvidence, portage } from './index.ts';
import { parsePackageFolder } from './parse.ts';
import { samples } from './samples.testing.ts';

const analyze = (path: string, content: string | Uint8Array): ReturnType<typeof portage.analyze> =>
  portage.analyze(memoryFile(path, content), claimsAll);

// Examples of the Package Manager Specification and of its known traps: names that end in digits or look like versions.
describe('the folder of a package', () => {
  it.each([
    ['zlib-1.3.1-r2', 'zlib', '1.3.1-r2'],
    ['gtk+-3.24.41', 'gtk+', '3.24.41'],
    ['font-adobe-100dpi-1.0.4', 'font-adobe-100dpi', '1.0.4'],
    ['openssh-9.8_p1-r2', 'openssh', '9.8_p1-r2'],
    ['sys-7z-16.02b_rc3_p4', 'sys-7z', '16.02b_rc3_p4'],
    ['libfoo-9999', 'libfoo', '9999'],
  ])('%s is %s in version %s', (folder, name, version) =>
    expect(parsePackageFolder('a-b', folder)).toEqual({ category: 'a-b', name, version }),
  );

  it.each(['zlib', 'zlib-', '-1.0', 'zlib-1..2', 'zlib-1.2_gamma1', '-MERGING-zlib'])('is not %s', (folder) =>
    expect(parsePackageFolder('a-b', folder)).toBeUndefined(),
  );

  it('that says nothing is a problem', () => {
    expect(analyze('var/db/pkg/a/b/CONTENTS', '')).toMatchObject({
      evidence: null,
      problems: [{ code: 'unreadable' }],
    });
  });
});

describe('resolving', () => {
  const histories = Object.fromEntries(samples.map(({ path, bytes }) => [path, [analyze(path, bytes).evidence]]));
  const others = ['sys-libs/zlib-1.3.1', 'sys-libs/glibc-2.40-r5', 'net-misc/openssh-9.8_p1', 'dev-lang/perl-5.40.0'];
  for (const folder of others)
    histories[`var/db/pkg/${folder}/CONTENTS`] = [analyze(`var/db/pkg/${folder}/CONTENTS`, '').evidence];
  const gentoo = { id: 'gentoo', version: '2.17', name: 'Gentoo Linux', idLike: [], codename: null };
  const { packages, relations, owned } = portage.resolve(
    viewOf<PortageEvidence>(histories, { operatingSystem: gentoo }),
  );

  it('lists packages with licence and whether the world file asks for them', () => {
    expect(packages.map(({ purl, direct }) => [purl, direct])).toEqual([
      ['pkg:ebuild/dev-libs/openssl@3.3.2-r1?distro=gentoo-2.17', true],
      ['pkg:ebuild/sys-libs/zlib@1.3.1?distro=gentoo-2.17', true],
      ['pkg:ebuild/sys-libs/glibc@2.40-r5?distro=gentoo-2.17', false],
      ['pkg:ebuild/net-misc/openssh@9.8_p1?distro=gentoo-2.17', false],
      ['pkg:ebuild/dev-lang/perl@5.40.0?distro=gentoo-2.17', false],
    ]);
    expect(packages[0]?.licenses).toEqual(['Apache-2.0', 'openssl', 'BSD']);
  });

  it('relates atoms to packages, blockers apart', () => {
    expect(relations?.map(({ to }) => to)).toEqual([packages[1]?.purl, packages[2]?.purl, packages[4]?.purl]);
  });

  it('knows the owner of files whose names hold blanks', () => {
    expect([...(owned ?? [])]).toEqual([
      ['usr/bin/openssl', 'dev-libs/openssl'],
      ['usr/lib64/libssl.so', 'dev-libs/openssl'],
      ['usr/libexec/c rehash', 'dev-libs/openssl'],
    ]);
  });
});
