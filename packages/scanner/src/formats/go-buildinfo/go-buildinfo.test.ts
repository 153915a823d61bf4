import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { parseElf } from '../elf/index.ts';
import { buildElf, inlineBuildInfo, pointedBuildInfo } from '../elf/sample-elf.testing.ts';
import { type GoBuildInfoResult, readGoBuildInfo } from './index.ts';

const MODULES = [
  'path\texample.com/cmd/app',
  'mod\texample.com/cmd\t(devel)\t',
  'dep\tgithub.com/a/b\tv1.0.0\th1:x',
  'dep\tgithub.com/c/d\tv1.1.0\th1:y',
  '=>\tgithub.com/fork/d\tv1.2.0\th1:z',
  'dep\tgithub.com/e/f\tv1.3.0\th1:w',
  '=>\t./local',
  'build\t-compiler=gc',
  '',
].join('\n');

function read(bytes: Uint8Array): GoBuildInfoResult {
  const file = memoryFile('app', bytes, 0o755);
  const elf = parseElf(file);
  if ('fault' in elf) throw new Error(elf.fault);
  return readGoBuildInfo(elf, file);
}

const EXPECTED = {
  kind: 'found',
  info: {
    goVersion: 'go1.21.3',
    mainPackage: 'example.com/cmd/app',
    mainModule: { path: 'example.com/cmd', version: '(devel)', sum: '', replacement: null },
    modules: [
      { path: 'github.com/a/b', version: 'v1.0.0', sum: 'h1:x', replacement: null },
      {
        path: 'github.com/c/d',
        version: 'v1.1.0',
        sum: 'h1:z',
        replacement: { path: 'github.com/fork/d', version: 'v1.2.0' },
      },
      { path: 'github.com/e/f', version: 'v1.3.0', sum: '', replacement: { path: './local', version: '' } },
    ],
  },
};

describe('Go build information', () => {
  it('with inline strings is found by its section', () => {
    expect(read(buildElf({ data: inlineBuildInfo('go1.21.3', MODULES), section: '.go.buildinfo' }))).toEqual(EXPECTED);
  });

  it('is found at an aligned place of the data segment when the section headers are stripped', () => {
    expect(read(buildElf({ data: inlineBuildInfo('go1.21.3', MODULES, 4096) }))).toEqual(EXPECTED);
  });

  it('is not taken from a place that the linker never uses', () => {
    expect(read(buildElf({ data: inlineBuildInfo('go1.21.3', MODULES, 4088) }))).toEqual({ kind: 'absent' });
  });

  it.each([
    [8, true],
    [8, false],
    [4, true],
    [4, false],
  ] as const)(
    'with pointers of %i bytes, little endian %s, is followed through the segment',
    (pointerBytes, littleEndian) => {
      const data = pointedBuildInfo('go1.21.3', MODULES, pointerBytes, littleEndian);
      expect(read(buildElf({ data, pointerBytes, littleEndian, section: '.go.buildinfo' }))).toEqual(EXPECTED);
    },
  );

  it('whose string claims more bytes than the file has is broken, not read', () => {
    const data = Buffer.from(inlineBuildInfo('go1.21.3', ''));
    data.set([0xff, 0xff, 0xff, 0xff, 0x0f], 32);
    expect(read(buildElf({ data, section: '.go.buildinfo' })).kind).toBe('broken');
  });

  it('whose pointer leads out of the program is broken', () => {
    const data = Buffer.from(pointedBuildInfo('go1.16', '', 8, true));
    data.writeBigUInt64LE(0xffffffffffffffffn, 16);
    expect(read(buildElf({ data, section: '.go.buildinfo' })).kind).toBe('broken');
  });

  it('is absent from a program of another making', () => {
    expect(read(buildElf({ data: new Uint8Array(64), section: '.data' }))).toEqual({ kind: 'absent' });
  });
});

describe('a program cut off', () => {
  it.each([buildElf({ data: inlineBuildInfo('go1.21.3', MODULES), section: '.go.buildinfo' })])(
    'at any byte gives a reason, or what stood before the cut, and never throws',
    (whole) => {
      const kinds = new Set<string>();
      for (let length = 0; length < whole.byteLength; length += 1) {
        const file = memoryFile('app', whole.subarray(0, length));
        const elf = parseElf(file);
        kinds.add('fault' in elf ? 'fault' : readGoBuildInfo(elf, file).kind);
      }
      expect([...kinds].sort()).toEqual(['absent', 'broken', 'fault', 'found']);
    },
  );
});
