import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { limits } from '../limits.ts';
import type { Program } from '../program.ts';
import { parseMachO } from './index.ts';

interface Options {
  readonly wide?: boolean;
  readonly littleEndian?: boolean;
  /** Bytes that the header says its load commands have, and how many there are. */
  readonly commandBytes?: number;
  readonly commands?: number;
  /** Bytes that the one load command says it has. */
  readonly size?: number;
}

/** A header and one segment with one section, `__go_buildinfo` at 0x1000 in memory and 0x200 in the file. */
function buildMachO(options: Options = {}): Buffer {
  const { wide = true, littleEndian = true } = options;
  const bytes = Buffer.alloc(0x300);
  const u32 = (at: number, value: number): unknown =>
    littleEndian ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  const pointer = (at: number, value: number): unknown => {
    if (!wide) return u32(at, value);
    return littleEndian ? bytes.writeBigUInt64LE(BigInt(value), at) : bytes.writeBigUInt64BE(BigInt(value), at);
  };
  const [header, segment, pointerBytes] = wide ? [32, 72, 8] : [28, 56, 4];
  const size = segment + (wide ? 80 : 68);
  u32(0, wide ? 0xfeedfacf : 0xfeedface);
  u32(16, options.commands ?? 1);
  u32(20, options.commandBytes ?? size);
  u32(header, wide ? 0x19 : 0x1);
  u32(header + 4, options.size ?? size);
  pointer(header + 24, 0x1000);
  pointer(header + 24 + 2 * pointerBytes, 0x200);
  pointer(header + 24 + 3 * pointerBytes, 0x100);
  u32(header + (wide ? 60 : 44), 3);
  const section = header + segment;
  bytes.write('__go_buildinfo', section, 'latin1');
  pointer(section + 32, 0x1000);
  pointer(section + 32 + pointerBytes, 0x80);
  u32(section + 32 + 2 * pointerBytes, 0x200);
  return bytes;
}

function fat(architectures: number, offset: number, slice: Buffer): Buffer {
  const head = Buffer.alloc(offset);
  for (const [index, value] of [0xcafebabe, architectures, 0, 0, offset].entries())
    head.writeUInt32BE(value, 4 * index);
  return Buffer.concat([head, slice]);
}

const parse = (bytes: Uint8Array): Program | null | { readonly fault: string } => parseMachO(memoryFile('app', bytes));

describe('a program for macOS', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('of 64 bit %s, little endian %s, has its segments and sections', (wide, littleEndian) => {
    expect(parse(buildMachO({ wide, littleEndian }))).toEqual({
      littleEndian,
      pointerBytes: wide ? 8 : 4,
      segments: [{ address: 0x1000, offset: 0x200, fileSize: 0x100, writable: true, executable: false }],
      sections: [{ name: '__go_buildinfo', address: 0x1000, offset: 0x200, size: 0x80 }],
    });
  });

  it('of several architectures is read as the first, at its place', () => {
    expect(parse(fat(2, 0x1000, buildMachO()))).toMatchObject({ sections: [{ offset: 0x1200 }] });
  });

  it('is no Java class, which begins alike', () => {
    expect(parse(fat(52, 0x1000, buildMachO()))).toBeNull();
  });

  it.each([
    ['load commands above the limit', { commandBytes: limits.machoCommandsBytesMax + 1 }, 'load commands are above'],
  ])('with %s is a fault', (_, options, fault) => {
    expect(parse(buildMachO(options))).toMatchObject({ fault: expect.stringContaining(fault) });
  });

  it.each([
    ['a command of no length', { size: 0, commands: 0xffffffff }],
    ['a command longer than all', { size: 0x7fffffff }],
    ['a segment too short for its fields', { size: 16 }],
  ])('with %s ends there', (_, options) => {
    expect(parse(buildMachO(options))).toMatchObject({ segments: [], sections: [] });
  });

  it('cut off at any byte gives a reason, or what stood before the cut', () => {
    for (const whole of [buildMachO(), fat(1, 64, buildMachO())])
      for (let length = 0; length < whole.byteLength; length += 1)
        expect(() => parse(whole.subarray(0, length)), `${length} bytes`).not.toThrow();
    expect(parse(fat(1, 0x1000, buildMachO()).subarray(0, 100))).toEqual({ fault: 'the Mach-O header is cut off' });
  });
});
