import { describe, expect, it } from 'vitest';
import { layerLimits } from '../limits.ts';
import { TarWalker } from './tar-walker.ts';
import { pax, paxRecord, tarEnd, tarEntry, tarHeader, writeTar } from './testdata/write-tar.ts';

/** What the walker tells, as text: `file name size body`, `cut`, `problem code`. */
function walk(bytes: Buffer, chunkBytes = bytes.length): string[] {
  const log: string[] = [];
  const walker = new TarWalker({
    entry: (entry) => {
      const link = entry.linkName === '' ? '' : ` -> ${entry.linkName}`;
      const marks = `${entry.sparse ? ' sparse' : ''}${entry.afterEnd ? ' afterEnd' : ''}`;
      log.push(`${entry.type} ${entry.name}${link} ${entry.size}@${entry.bodyOffset}${marks}`);
      const body: Buffer[] = [];
      return {
        chunk: (part) => body.push(Buffer.from(part)),
        end: () => log.push(`= ${Buffer.concat(body).toString('latin1').slice(0, 40)}`),
        cut: () => log.push('cut'),
      };
    },
    problem: (code, detail) => log.push(`problem ${code}: ${detail}`),
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) walker.push(bytes.subarray(at, at + chunkBytes));
  walker.finish();
  return log;
}

const everything = writeTar(
  { name: 'etc/', type: '5', mode: 0o755 },
  { name: 'etc/os-release', body: 'ID=alpine\n' },
  { name: 'old', type: '\0', body: 'x'.repeat(513) },
  { name: 'b'.repeat(90), prefix: 'deep/folder', body: 'joined' },
  { name: '././@LongLink', type: 'L', body: `${'l'.repeat(200)}\0`, magic: 'ustar  \0' },
  { name: 'short', body: 'long name' },
  { name: '././@LongLink', type: 'K', body: `${'t'.repeat(150)}\0`, magic: 'ustar  \0' },
  { name: 'link', type: '2', link: 'short-target' },
  pax({ path: 'päx/ünicode', size: '4', mtime: '1.5' }),
  { name: 'shadow', size: 4, body: 'four' },
  { name: 'empty', body: '' },
  { name: 'hard', type: '1', link: 'etc/os-release', size: 999 },
  { name: 'dev/null', type: '3' },
);

describe('the tar walker', () => {
  const whole = walk(everything);

  it('tells names, sizes, offsets and bodies of every common kind of entry', () => {
    expect(whole).toEqual([
      'directory etc/ 0@512',
      '= ',
      'file etc/os-release 10@1024',
      '= ID=alpine\n',
      'file old 513@2048',
      `= ${'x'.repeat(40)}`,
      `file deep/folder/${'b'.repeat(90)} 6@3584`,
      '= joined',
      `file ${'l'.repeat(200)} 9@5632`,
      '= long name',
      `symlink link -> ${'t'.repeat(150)} 0@7680`,
      '= ',
      'file päx/ünicode 4@9216',
      '= four',
      'file empty 0@10240',
      '= ',
      'hardlink hard -> etc/os-release 0@10752',
      '= ',
      'other dev/null 0@11264',
      '= ',
    ]);
  });

  it('tells the same whatever the size of the pieces, from single bytes on', () => {
    for (let size = 1; size <= 1100; size += size < 20 || (size > 500 && size < 530) ? 1 : 17) {
      expect(walk(everything, size), `pieces of ${size}`).toEqual(whole);
    }
  });

  it('skips bodies that nobody takes and stays in step', () => {
    const names: string[] = [];
    const walker = new TarWalker({
      entry: (entry) => {
        names.push(entry.name);
        return null;
      },
      problem: (code) => names.push(code),
    });
    const bytes = writeTar({ name: 'a', body: 'x'.repeat(3000) }, { name: 'b', body: 'y' });
    walker.push(bytes.subarray(0, 600));
    const { skippable } = walker;
    walker.skip();
    walker.push(bytes.subarray(600 + skippable));
    walker.finish();
    expect([skippable, ...names]).toEqual([512 + 3072 - 600, 'a', 'b']);
  });
});

/** 12 bytes of base-256. */
function base256(value: bigint): Buffer {
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(value, 4);
  field[0] = 0x80;
  return field;
}

const cases: readonly { readonly name: string; readonly bytes: Buffer; readonly log: readonly string[] }[] = [
  { name: 'nothing', bytes: Buffer.alloc(0), log: [] },
  { name: 'no end mark (claircore 683)', bytes: tarEntry({ name: 'a', body: 'x' }), log: ['file a 1@512', '= x'] },
  {
    name: 'last padding missing',
    bytes: tarEntry({ name: 'a', body: 'x' }).subarray(0, 513),
    log: ['file a 1@512', '= x'],
  },
  {
    name: 'a body cut short',
    bytes: tarEntry({ name: 'a', body: 'x'.repeat(100) }).subarray(0, 540),
    log: ['file a 100@512', 'cut', 'problem truncated: the tar ends 72 bytes before the end of its last file'],
  },
  {
    name: 'a header cut short',
    bytes: tarHeader({ name: 'a' }).subarray(0, 300),
    log: ['problem truncated: the tar ends inside a header at byte 0'],
  },
  {
    name: 'a wrong checksum in the middle',
    bytes: Buffer.concat([
      tarEntry({ name: 'a', body: 'x' }),
      tarEntry({ name: 'b', badChecksum: true }),
      tarEntry({ name: 'c' }),
    ]),
    log: [
      'file a 1@512',
      '= x',
      'problem unreadable: header checksum does not agree at byte 1024; later entries are not read',
    ],
  },
  {
    name: 'concatenated archives: read on, and marked',
    bytes: Buffer.concat([writeTar({ name: 'a', body: '1' }), writeTar({ name: 'b', body: '2' })]),
    log: ['file a 1@512', '= 1', 'file b 1@2560 afterEnd', '= 2'],
  },
  {
    name: 'garbage behind the end mark',
    bytes: Buffer.concat([writeTar({ name: 'a' }), Buffer.alloc(512, 7)]),
    log: ['file a 0@512', '= '],
  },
  {
    name: 'a size in base-256 that no archive has',
    bytes: tarHeader({ name: 'a', sizeField: base256(2n ** 60n) }),
    log: ['problem unreadable: size field is not a number at byte 0; later entries are not read'],
  },
  {
    name: 'a negative size in base-256',
    bytes: tarHeader({ name: 'a', sizeField: Buffer.alloc(12, 0xff) }),
    log: ['problem unreadable: size field is not a number at byte 0; later entries are not read'],
  },
  {
    name: 'an honest size in base-256',
    bytes: tarEntry({ name: 'a', body: 'abc', sizeField: base256(3n) }),
    log: ['file a 3@512', '= abc'],
  },
  {
    name: 'a size that is no number',
    bytes: tarHeader({ name: 'a', sizeField: Buffer.from('12x45678901\0') }),
    log: ['problem unreadable: size field is not a number at byte 0; later entries are not read'],
  },
  {
    name: 'a PAX size does not reach an extension header between (file smuggling, node-tar)',
    bytes: writeTar(
      pax({ size: '2048' }),
      { name: '././@LongLink', type: 'L', body: 'real-name\0' },
      { name: 'x', body: 'z'.repeat(2048), size: 0 },
    ),
    log: ['file real-name 2048@2560', `= ${'z'.repeat(40)}`],
  },
  {
    name: 'the PAX size wins over the header (CVE-2025-62518)',
    bytes: writeTar(pax({ size: '600' }), {
      name: 'x',
      size: 0,
      body: tarHeader({ name: 'smuggled' }).toString('latin1').padEnd(600, '.'),
    }),
    log: ['file x 600@1536', '= smuggled'.padEnd(42, '\0')],
  },
  {
    name: 'a PAX record whose length lies',
    bytes: writeTar({ name: 'p', type: 'x', body: '99 path=a\n' }, { name: 'b' }),
    log: ['problem unreadable: a PAX header before byte 522 is malformed; later entries are not read'],
  },
  {
    name: 'a NUL in a PAX path',
    bytes: writeTar({ name: 'p', type: 'x', body: paxRecord('path', 'a\0b') }, { name: 'b' }),
    log: ['problem unreadable: a PAX header before byte 524 is malformed; later entries are not read'],
  },
  {
    name: 'a PAX header above its limit (Go CVE-2022-2879)',
    bytes: tarHeader({ name: 'p', type: 'x', size: layerLimits.extensionBytesMax + 1 }),
    log: [
      `problem limit-exceeded: an extended header of ${layerLimits.extensionBytesMax + 1} bytes exceeds extensionBytesMax (${layerLimits.extensionBytesMax}); later entries are not read`,
    ],
  },
  {
    name: 'a global PAX path is not applied',
    bytes: writeTar(pax({ path: 'everywhere' }, 'g'), { name: 'a', body: 'x' }),
    log: [
      'problem unsupported: a global PAX header names a path or size; it is not applied, as runtimes do',
      'file a 1@1536',
      '= x',
    ],
  },
  {
    name: 'a global PAX comment (git archive) is nothing special',
    bytes: writeTar(pax({ comment: 'abcdef' }, 'g'), { name: 'a', body: 'x' }),
    log: ['file a 1@1536', '= x'],
  },
  {
    name: 'old GNU sparse with two map blocks stays in step',
    bytes: Buffer.concat([
      tarHeader({ name: 's', type: 'S', size: 4, magic: 'ustar  \0', patch: [{ at: 482, bytes: Buffer.from([1]) }] }),
      Buffer.alloc(512).fill(1, 504, 505),
      Buffer.alloc(512),
      Buffer.from('data'.padEnd(512, '\0')),
      tarEntry({ name: 'next', body: 'n' }),
      tarEnd,
    ]),
    log: ['file s 4@1536 sparse', '= data', 'file next 1@2560', '= n'],
  },
  {
    name: 'PAX sparse takes the real name',
    bytes: writeTar(pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'real' }), {
      name: 'GNUSparseFile.0/real',
      body: 'map',
    }),
    log: ['file real 3@1536 sparse', '= map'],
  },
  {
    name: 'a folder that claims a body has none',
    bytes: Buffer.concat([tarHeader({ name: 'd/', type: '5', size: 512 }), tarEntry({ name: 'f', body: 'x' })]),
    log: ['directory d/ 0@512', '= ', 'file f 1@1024', '= x'],
  },
  {
    name: 'an unknown type keeps its body',
    bytes: writeTar({ name: 'v', type: 'V', body: 'label' }, { name: 'f', body: 'x' }),
    log: ['other v 5@512', '= label', 'file f 1@1536', '= x'],
  },
];

describe('a tar that no tool should write', () => {
  it.each(cases)('$name', ({ bytes, log }) => {
    expect(walk(bytes)).toEqual(log);
    expect(walk(bytes, 1), 'byte by byte').toEqual(log);
    expect(walk(bytes, 511), 'in pieces of 511').toEqual(log);
  });

  it('never throws and never loops on damaged archives', () => {
    // A linear congruential generator: the same damage in every run.
    let state = 12345;
    const next = (below: number): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state % below;
    };
    for (let round = 0; round < 400; round++) {
      const damaged = Buffer.from(everything);
      for (let i = 0; i <= next(6); i++) damaged[next(damaged.length)] = next(256);
      const bytes = damaged.subarray(0, 1 + next(damaged.length));
      expect(walk(bytes, 1 + next(900))).toEqual(walk(bytes));
    }
  });
});
