import { limits } from '../limits.ts';
import { Fields, type Program, type ProgramSection, type ProgramSegment } from '../program.ts';
import type { Readable } from '../text/index.ts';

/** The first bytes of programs for macOS: 32 and 64 bit, each in both byte orders, and of several architectures in one file. */
export const MACHO_MAGICS: readonly Uint8Array[] = [
  Uint8Array.of(0xfe, 0xed, 0xfa, 0xce),
  Uint8Array.of(0xfe, 0xed, 0xfa, 0xcf),
  Uint8Array.of(0xce, 0xfa, 0xed, 0xfe),
  Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe),
  Uint8Array.of(0xca, 0xfe, 0xba, 0xbe),
];

const FAT_MAGIC = 0xcafebabe;
const LC_SEGMENT = 0x1;
const LC_SEGMENT_64 = 0x19;
const PROTECTION_WRITE = 2;
const PROTECTION_EXECUTE = 4;

/**
 * Segments and sections of a program for macOS, of the first architecture where it has several; null for a Java class, which
 * begins like the latter. Layout: https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h
 */
export function parseMachO(file: Readable): Program | null | { readonly fault: string } {
  const head = file.read(0, 28);
  if (head.byteLength < 28) return { fault: 'the Mach-O header is cut off' };
  if (new Fields(head, false, 4).u32(0) !== FAT_MAGIC) return parseSlice(file, 0);
  const fat = new Fields(head, false, 4);
  // Where a fat file counts its architectures a Java class has its version, which is 45 at least.
  if (fat.u32(4) === 0 || fat.u32(4) > limits.machoArchitecturesMax) return null;
  return parseSlice(file, fat.u32(16));
}

function parseSlice(file: Readable, start: number): Program | { readonly fault: string } {
  const head = file.read(start, 32);
  if (head.byteLength < 32) return { fault: 'the Mach-O header is cut off' };
  const magic = new Fields(head, true, 4).u32(0);
  const littleEndian = magic === 0xfeedface || magic === 0xfeedfacf;
  if (!littleEndian && magic !== 0xcefaedfe && magic !== 0xcffaedfe) return { fault: 'no Mach-O header' };
  const pointerBytes = magic === 0xfeedfacf || magic === 0xcffaedfe ? 8 : 4;
  const fields = new Fields(head, littleEndian, pointerBytes);
  const commandBytes = fields.u32(20);
  if (commandBytes > limits.machoCommandsBytesMax) return { fault: 'load commands are above machoCommandsBytesMax' };
  const commands = file.read(start + (pointerBytes === 8 ? 32 : 28), commandBytes);
  const segments: ProgramSegment[] = [];
  const sections: ProgramSection[] = [];
  let at = 0;
  for (let count = fields.u32(16); count > 0 && at + 8 <= commands.byteLength; count -= 1) {
    const rest = new Fields(commands.subarray(at), littleEndian, pointerBytes);
    const size = rest.u32(4);
    if (size < 8 || at + size > commands.byteLength) break;
    if (rest.u32(0) === (pointerBytes === 8 ? LC_SEGMENT_64 : LC_SEGMENT)) {
      const command = commands.subarray(at, at + size);
      addSegment(command, new Fields(command, littleEndian, pointerBytes), start, segments, sections);
    }
    at += size;
  }
  return { littleEndian, pointerBytes, segments, sections };
}

function addSegment(
  command: Uint8Array,
  fields: Fields,
  start: number,
  segments: ProgramSegment[],
  sections: ProgramSection[],
): void {
  const { pointerBytes } = fields;
  const wide = pointerBytes === 8;
  const [headBytes, sectionBytes, protectionAt] = wide ? [72, 80, 60] : [56, 68, 44];
  if (command.byteLength < headBytes) return;
  const protection = fields.u32(protectionAt);
  segments.push({
    address: fields.pointer(24),
    offset: start + fields.pointer(24 + 2 * pointerBytes),
    fileSize: fields.pointer(24 + 3 * pointerBytes),
    writable: (protection & PROTECTION_WRITE) !== 0,
    executable: (protection & PROTECTION_EXECUTE) !== 0,
  });
  for (let at = headBytes; at + sectionBytes <= command.byteLength && sections.length < limits.machoSectionsMax; ) {
    sections.push({
      name: Buffer.from(command.subarray(at, at + 16))
        .toString('latin1')
        .replace(/\0.*$/s, ''),
      address: fields.pointer(at + 32),
      size: fields.pointer(at + 32 + pointerBytes),
      offset: start + fields.u32(at + 32 + 2 * pointerBytes),
    });
    at += sectionBytes;
  }
}
