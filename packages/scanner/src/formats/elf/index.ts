import { limits } from '../limits.ts';
import { Fields, type Program, type ProgramSection, type ProgramSegment } from '../program.ts';
import type { Readable } from '../text/index.ts';

export const ELF_MAGIC: Uint8Array = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);

const PT_LOAD = 1;
const SHT_NOBITS = 8;
const FLAG_EXECUTE = 1;
const FLAG_WRITE = 2;

/**
 * Section and loadable program headers, or the reason why the file is no ELF. Every offset and count of the file is checked
 * against its size or a limit first. Layout: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
 */
export function parseElf(file: Readable): Program | { readonly fault: string } {
  const head = file.read(0, 64);
  const fileClass = head[4];
  if (head.byteLength < 52 || !ELF_MAGIC.every((byte, index) => head[index] === byte))
    return { fault: 'no ELF header' };
  if (fileClass !== 1 && fileClass !== 2) return { fault: `ELF class ${fileClass} is neither 1 nor 2` };
  if (head[5] !== 1 && head[5] !== 2) return { fault: `ELF byte order ${head[5]} is neither 1 nor 2` };
  const pointerBytes = fileClass === 2 ? 8 : 4;
  if (pointerBytes === 8 && head.byteLength < 64) return { fault: 'the ELF header is cut off' };
  const littleEndian = head[5] === 1;
  const header = new Fields(head, littleEndian, pointerBytes);
  const [tables, counts] = pointerBytes === 8 ? [32, 54] : [28, 42];
  const segmentTable = header.pointer(tables);
  const sectionTable = header.pointer(tables + pointerBytes);
  const [segmentBytes, segmentCount, sectionBytes, sectionCount, namesIndex] = [0, 2, 4, 6, 8].map((at) =>
    header.u16(counts + at),
  );
  return {
    littleEndian,
    pointerBytes,
    segments: readTable(
      file,
      segmentTable,
      segmentBytes,
      segmentCount,
      limits.elfSegmentsMax,
      pointerBytes === 8 ? 56 : 32,
    )
      .map((entry) => toSegment(new Fields(entry, littleEndian, pointerBytes)))
      .filter((segment) => segment !== undefined),
    sections: nameSections(
      file,
      readTable(
        file,
        sectionTable,
        sectionBytes,
        sectionCount,
        limits.elfSectionsMax,
        pointerBytes === 8 ? 64 : 40,
      ).map((entry) => new Fields(entry, littleEndian, pointerBytes)),
      namesIndex ?? 0,
    ),
  };
}

function readTable(
  file: Readable,
  offset: number,
  entryBytes: number | undefined,
  count: number | undefined,
  countMax: number,
  entryBytesExact: number,
): readonly Uint8Array[] {
  if (entryBytes === undefined || count === undefined || entryBytes !== entryBytesExact || count > countMax) return [];
  if (offset <= 0 || offset >= file.sizeBytes) return [];
  const table = file.read(offset, entryBytes * count);
  const entries = Math.floor(table.byteLength / entryBytes);
  return Array.from({ length: entries }, (_, index) => table.subarray(index * entryBytes, (index + 1) * entryBytes));
}

function toSegment(entry: Fields): ProgramSegment | undefined {
  if (entry.u32(0) !== PT_LOAD) return undefined;
  const wide = entry.pointerBytes === 8;
  const flags = entry.u32(wide ? 4 : 24);
  return {
    offset: entry.pointer(wide ? 8 : 4),
    address: entry.pointer(wide ? 16 : 8),
    fileSize: entry.pointer(wide ? 32 : 16),
    writable: (flags & FLAG_WRITE) !== 0,
    executable: (flags & FLAG_EXECUTE) !== 0,
  };
}

function nameSections(file: Readable, entries: readonly Fields[], namesIndex: number): readonly ProgramSection[] {
  const headers = entries.map((entry) => {
    const wide = entry.pointerBytes === 8;
    return {
      nameAt: entry.u32(0),
      type: entry.u32(4),
      address: entry.pointer(wide ? 16 : 12),
      offset: entry.pointer(wide ? 24 : 16),
      size: entry.pointer(wide ? 32 : 20),
    };
  });
  const strings = headers[namesIndex];
  if (strings === undefined) return [];
  const names = Buffer.from(file.read(strings.offset, Math.min(strings.size, limits.elfSectionNamesBytesMax)));
  return headers
    .filter((header) => header.type !== SHT_NOBITS)
    .map(({ nameAt, address, offset, size }) => {
      const end = names.indexOf(0, nameAt);
      const name =
        nameAt >= names.byteLength
          ? ''
          : names.toString('latin1', nameAt, end === -1 ? nameAt : Math.min(end, nameAt + 256));
      return { name, address, offset, size };
    });
}
