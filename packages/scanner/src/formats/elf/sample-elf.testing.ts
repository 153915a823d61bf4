/** A minimal ELF program: one writable segment, and a section over it when named. Offsets are computed, not copied. */
export function buildElf(options: {
  readonly data: Uint8Array;
  readonly pointerBytes?: 4 | 8;
  readonly littleEndian?: boolean;
  readonly section?: string;
}): Uint8Array {
  const { data, pointerBytes = 8, littleEndian = true, section } = options;
  const wide = pointerBytes === 8;
  const [headerBytes, segmentBytes, sectionBytes] = wide ? [64, 56, 64] : [52, 32, 40];
  const names = new TextEncoder().encode(`\0${section ?? ''}\0.shstrtab\0`);
  const dataAt = 256;
  const namesAt = dataAt + data.byteLength;
  const sectionsAt = section === undefined ? 0 : namesAt + names.byteLength;
  const bytes = new Uint8Array(namesAt + names.byteLength + 3 * sectionBytes);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number): void => view.setUint16(at, value, littleEndian);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
  const pointer = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), littleEndian) : u32(at, value);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  pointer(wide ? 32 : 28, headerBytes);
  pointer(wide ? 40 : 32, sectionsAt);
  const counts = wide ? 54 : 42;
  for (const [index, value] of [segmentBytes, 1, sectionBytes, section === undefined ? 0 : 3, 2].entries())
    u16(counts + 2 * index, value);

  u32(headerBytes, 1);
  u32(headerBytes + (wide ? 4 : 24), 6);
  pointer(headerBytes + (wide ? 8 : 4), dataAt);
  pointer(headerBytes + (wide ? 16 : 8), SAMPLE_ADDRESS);
  pointer(headerBytes + (wide ? 32 : 16), data.byteLength);

  bytes.set(data, dataAt);
  bytes.set(names, namesAt);
  if (section === undefined) return bytes;
  const putSection = (index: number, nameAt: number, address: number, offset: number, size: number): void => {
    const at = sectionsAt + index * sectionBytes;
    u32(at, nameAt);
    u32(at + 4, 1);
    pointer(at + (wide ? 16 : 12), address);
    pointer(at + (wide ? 24 : 16), offset);
    pointer(at + (wide ? 32 : 20), size);
  };
  putSection(1, 1, SAMPLE_ADDRESS, dataAt, data.byteLength);
  putSection(2, section.length + 2, 0, namesAt, names.byteLength);
  return bytes;
}

/** Where the writable segment lies in memory. */
export const SAMPLE_ADDRESS = 0x400000;

const SENTINEL = 'x'.repeat(16);

/** Build information with inline strings, as Go 1.18 and later write it, `before` bytes into the segment. */
export function inlineBuildInfo(version: string, modules: string, before = 0): Uint8Array {
  const framed = `${SENTINEL}${modules}${SENTINEL}`;
  return Buffer.concat([
    Buffer.alloc(before),
    Buffer.from('\xff Go buildinf:', 'latin1'),
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    varint(Buffer.byteLength(version)),
    Buffer.from(version),
    varint(Buffer.byteLength(framed)),
    Buffer.from(framed),
  ]);
}

/** Build information with pointers to Go strings, as Go 1.13 to 1.17 write it. */
export function pointedBuildInfo(
  version: string,
  modules: string,
  pointerBytes: 4 | 8,
  littleEndian: boolean,
): Uint8Array {
  const framed = `${SENTINEL}${modules}${SENTINEL}`;
  const bytes = Buffer.alloc(256 + version.length + framed.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const put = (at: number, value: number): void =>
    pointerBytes === 8 ? view.setBigUint64(at, BigInt(value), littleEndian) : view.setUint32(at, value, littleEndian);
  bytes.write('\xff Go buildinf:', 0, 'latin1');
  bytes[14] = pointerBytes;
  bytes[15] = littleEndian ? 0 : 1;
  put(16, SAMPLE_ADDRESS + 64);
  put(16 + pointerBytes, SAMPLE_ADDRESS + 96);
  put(64, SAMPLE_ADDRESS + 256);
  put(64 + pointerBytes, version.length);
  put(96, SAMPLE_ADDRESS + 256 + version.length);
  put(96 + pointerBytes, framed.length);
  bytes.write(version, 256, 'latin1');
  bytes.write(framed, 256 + version.length, 'latin1');
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
