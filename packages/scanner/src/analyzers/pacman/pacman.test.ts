import { describe, expect, it } from 'vitest';
import { claimsAll, claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type PacmanEvidence, pacman } from './index.ts';
import { samples } from './samples.testing.ts';

const [desc, files] = samples;
const FOLDER = 'var/lib/pacman/local/';
const analyze = (path: string, content: string | Uint8Array): ReturnType<typeof pacman.analyze> =>
  pacman.analyze(memoryFile(path, content), claimsAll);
const evidenceOf = (name: string, text: string): PacmanEvidence | null =>
  analyze(`${FOLDER}${name}/desc`, `%NAME%\n${name}\n\n%VERSION%\n1:1-1\n\n${text}`).evidence;
const arch = { id: 'arch', version: '', name: 'Arch Linux', idLike: [], codename: null };

describe('a description of the local database', () => {
  it('gives the package with what it needs and provides', () => {
    expect(analyze(desc?.path ?? '', desc?.bytes ?? '').evidence).toEqual({
      kind: 'package',
      package: {
        name: 'bash',
        version: '5.2.037-1',
        architecture: 'x86_64',
        base: 'bash',
        licenses: ['GPL-3.0-or-later'],
        needs: ['readline', 'libreadline.so', 'glibc', 'ncurses'],
        provides: ['sh'],
        explicit: false,
      },
    });
  });

  it.each(['', '%NAME%\n\n%VERSION%\n1\n', '%NAME%\na\n', '\u0000\u0001'])(
    'without name or version is a problem: %j',
    (text) => {
      const { evidence, problems } = analyze(`${FOLDER}x-1/desc`, text);
      expect(evidence).toBeNull();
      expect(problems).toMatchObject([{ code: 'unreadable', path: `${FOLDER}x-1/desc` }]);
    },
  );

  it('is not any other file of the folder', () => {
    for (const path of [`${FOLDER}ALPM_DB_VERSION`, `${FOLDER}x-1/mtree`, `${FOLDER}x-1/deep/desc`]) {
      expect(analyze(path, 'x')).toEqual({ evidence: null, problems: [] });
    }
  });
});

describe('resolving', () => {
  it('names packages, owners and relations; a package keeps its layer when its folder is written again', () => {
    const bash = analyze(desc?.path ?? '', desc?.bytes ?? '').evidence;
    const list = analyze(files?.path ?? '', files?.bytes ?? '').evidence;
    const { packages, owned, relations } = pacman.resolve(
      viewOf<PacmanEvidence>(
        {
          [desc?.path ?? '']: [bash, bash],
          [files?.path ?? '']: [list],
          [`${FOLDER}glibc/desc`]: [evidenceOf('glibc', '%BASE%\nglibc-all\n')],
          [`${FOLDER}app/desc`]: [null, evidenceOf('app', '%DEPENDS%\nsh\n')],
        },
        { operatingSystem: arch },
      ),
    );
    expect(packages.map(({ purl, layer, direct }) => [purl, layer, direct])).toEqual([
      ['pkg:alpm/arch/bash@5.2.037-1?arch=x86_64', layerId(0), false],
      ['pkg:alpm/arch/glibc@1:1-1?upstream=glibc-all', layerId(0), true],
      ['pkg:alpm/arch/app@1:1-1', layerId(1), true],
    ]);
    expect(relations).toEqual([
      { from: packages[0]?.purl, to: packages[1]?.purl },
      { from: packages[2]?.purl, to: packages[0]?.purl },
    ]);
    expect(owned?.get('usr/bin/bash')).toBe('bash');
  });

  it('keeps of the files only what may be asked for', () => {
    const list = pacman.analyze(memoryFile(files?.path ?? '', files?.bytes ?? ''), claimsNothing).evidence;
    expect(list).toEqual({ kind: 'files', files: ['usr/bin/bash', 'usr/bin/sh'] });
  });
});
