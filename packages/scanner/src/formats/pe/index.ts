import { limits } from '../limits.ts';
import { Fields, type Program } from '../program.ts';
import type { Readable } from '../text/index.ts';

/** A place in the image as it would be loaded, relative to its base. */
export interface PeDirectory {
  readonly rva: number;
  readonly size: number;
}

export interface Pe extends Program {
  readonly imageBase: number;
  /** Icons, dialogs, version information; null where the program has none. */
  readonly resources: PeDirectory | null;
  /** Whether a CLR header makes it a .NET assembly. */
  readonly managed: boolean;
}

export const PE_MAGIC: Uint8Array = Uint8Array.of(0x4d, 0x5a);

const DOS_HEADER_BYTES = 64;
const COFF_HEADER_BYTES = 24;
const SECTION_BYTES = 40;
const RESOURCE_DIRECTORY = 2;
const CLR_DIRECTORY = 14;
const FLAG_EXECUTE = 0x20000000;
const FLAG_WRITE = 0x80000000;

/**
 * Headers and sections of a Windows program or library; null for one of MS-DOS, which begins alike, and for all else that begins
 * with these two letters. Layout: https://learn.microsoft.com/windows/win32/debug/pe-format
 */
export function parsePe(file: Readable): Pe | null | { readonly fault: string } {
  const dos = file.read(0, DOS_HEADER_BYTES);
  if (dos.byteLength < DOS_HEADER_BYTES || !PE_MAGIC.every((byte, index) => dos[index] === byte)) return null;
  const headerAt = new Fields(dos, true, 4).u32(60);
  const coffBytes = file.read(headerAt, COFF_HEADER_BYTES);
  if (coffBytes.byteLength < 4 || Buffer.from(coffBytes).toString('latin1', 0, 4) !== 'PE\0\0') return null;
  if (coffBytes.byteLength < COFF_HEADER_BYTES) return { fault: 'the PE header is cut off' };
  const coff = new Fields(coffBytes, true, 4);
  const optionalBytes = coff.u16(20);
  const optionalAt = headerAt + COFF_HEADER_BYTES;
  const optional = file.read(optionalAt, Math.min(optionalBytes, limits.peOptionalHeaderBytesMax));
  const magic = optional.byteLength < 2 ? undefined : new Fields(optional, true, 4).u16(0);
  if (magic !== 0x10b && magic !== 0x20b) return { fault: `PE optional header ${magic ?? 'cut off'} is unknown` };
  const pointerBytes = magic === 0x20b ? 8 : 4;
  const [baseAt, directoriesAt] = pointerBytes === 8 ? [24, 112] : [28, 96];
  if (optional.byteLength < directoriesAt) return { fault: 'the PE optional header is cut off' };
  const fields = new Fields(optional, true, pointerBytes);
  const imageBase = fields.pointer(baseAt);
  const directoryOf = (index: number): PeDirectory | null => {
    const at = directoriesAt + 8 * index;
    if (index >= fields.u32(directoriesAt - 4) || at + 8 > optional.byteLength) return null;
    const directory = { rva: fields.u32(at), size: fields.u32(at + 4) };
    return directory.rva === 0 || directory.size === 0 ? null : directory;
  };
  const sections = readSections(file, optionalAt + optionalBytes, coff.u16(6));
  return {
    littleEndian: true,
    pointerBytes,
    imageBase,
    resources: directoryOf(RESOURCE_DIRECTORY),
    managed: directoryOf(CLR_DIRECTORY) !== null,
    sections: sections.map(({ name, rva, offset, size }) => ({ name, address: imageBase + rva, offset, size })),
    segments: sections.map(({ rva, offset, size, flags }) => ({
      offset,
      address: imageBase + rva,
      fileSize: size,
      writable: (flags & FLAG_WRITE) !== 0,
      executable: (flags & FLAG_EXECUTE) !== 0,
    })),
  };
}

interface Section {
  readonly name: string;
  readonly rva: number;
  readonly offset: number;
  /** Bytes that are in the file and belong to the section; the file pads it to whole disk sectors. */
  readonly size: number;
  readonly flags: number;
}

/** Sections without bytes in the file (`.bss`) are left out. */
function readSections(file: Readable, at: number, count: number): readonly Section[] {
  if (count > limits.peSectionsMax) return [];
  const table = file.read(at, count * SECTION_BYTES);
  return Array.from({ length: Math.floor(table.byteLength / SECTION_BYTES) }, (_, index) => {
    const entry = table.subarray(index * SECTION_BYTES, (index + 1) * SECTION_BYTES);
    const fields = new Fields(entry, true, 4);
    const virtualSize = fields.u32(8);
    const rawSize = fields.u32(16);
    return {
      name: Buffer.from(entry.subarray(0, 8)).toString('latin1').replace(/\0.*$/s, ''),
      rva: fields.u32(12),
      offset: fields.u32(20),
      size: virtualSize === 0 ? rawSize : Math.min(virtualSize, rawSize),
      flags: fields.u32(36),
    };
  }).filter(({ size }) => size > 0);
}
