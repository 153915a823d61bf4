import { describe, expect, it } from 'vitest';
import { buildElf, inlineBuildInfo } from '../../formats/elf/sample-elf.testing.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { goBinary } from './index.ts';

function analyze(goVersion: string, modules: string): ReturnType<typeof goBinary.analyze> {
  const program = buildElf({ data: inlineBuildInfo(goVersion, modules), section: '.go.buildinfo' });
  return goBinary.analyze(memoryFile('app', program, 0o755), claimsNothing);
}

describe('a Go program', () => {
  it('gives the standard library, its own module and what replaced its dependencies', () => {
    const { evidence } = analyze(
      'go1.21.3 X:boringcrypto',
      'mod\texample.com/app\t(devel)\t\ndep\tgithub.com/a/b\tv1.0.0\th1:x\n=>\tgithub.com/fork/b\tv1.0.1\th1:y\ndep\tgithub.com/c/d\tv2.0.0+incompatible\n=>\t../d\t\n',
    );
    const { packages } = goBinary.resolve(viewOf({ app: [evidence] }));
    expect(packages.map(({ purl, name, version }) => [purl, name, version])).toEqual([
      ['pkg:golang/stdlib@1.21.3', 'stdlib', '1.21.3'],
      ['pkg:golang/example.com/app@%28devel%29', 'example.com/app', '(devel)'],
      ['pkg:golang/github.com/fork/b@v1.0.1', 'github.com/fork/b', 'v1.0.1'],
      ['pkg:golang/github.com/c/d@v2.0.0%2Bincompatible', 'github.com/c/d', 'v2.0.0+incompatible'],
    ]);
  });

  it.each([
    ['go1.22rc1', '1.22rc1'],
    ['devel go1.23-abc Tue', 'devel go1.23-abc Tue'],
  ])('built by %s has standard library %s', (stated, version) => {
    expect(analyze(stated, '').evidence).toMatchObject({ goVersion: version });
  });
});

describe('a program of another making', () => {
  it('gives nothing and is no problem', () => {
    const program = buildElf({ data: new Uint8Array(128), section: '.data' });
    expect(goBinary.analyze(memoryFile('sh', program, 0o755), claimsNothing)).toEqual({ evidence: null, problems: [] });
  });

  it('that only begins like one is a problem', () => {
    const { problems } = goBinary.analyze(memoryFile('x', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), 0o755), claimsNothing);
    expect(problems).toMatchObject([{ code: 'unreadable', detail: 'no ELF header' }]);
  });
});
