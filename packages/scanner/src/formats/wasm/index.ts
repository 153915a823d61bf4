import { limits } from '../limits.ts';
import type { Program, ProgramSection } from '../program.ts';
import type { Readable } from '../text/index.ts';

export const WASM_MAGIC: Uint8Array = Uint8Array.of(0x00, 0x61, 0x73, 0x6d);

const HEADER_BYTES = 8;
/** An id, a length of at most five bytes, and of a custom section the length of its name. */
const SECTION_HEAD_BYTES = 11;
const CUSTOM_SECTION = 0;

/** The custom sections of a WebAssembly module. Layout: https://webassembly.github.io/spec/core/binary/modules.html */
export function parseWasm(file: Readable): Program | { readonly fault: string } {
  const magic = file.read(0, HEADER_BYTES);
  if (magic.byteLength < HEADER_BYTES || !WASM_MAGIC.every((byte, index) => magic[index] === byte))
    return { fault: 'no WebAssembly header' };
  const sections: ProgramSection[] = [];
  let at = HEADER_BYTES;
  for (let count = 0; at < file.sizeBytes; count += 1) {
    if (count >= limits.wasmSectionsMax) return { fault: 'more sections than wasmSectionsMax' };
    const head = file.read(at, SECTION_HEAD_BYTES);
    const size = unsignedAt(head, 1);
    if (size === undefined || at + size.end + size.value > file.sizeBytes) return { fault: 'a section is cut off' };
    const end = at + size.end + size.value;
    if (head[0] === CUSTOM_SECTION) {
      const nameLength = unsignedAt(head, size.end);
      if (nameLength === undefined) return { fault: 'the name of a section is cut off' };
      const nameAt = at + nameLength.end;
      const offset = nameAt + nameLength.value;
      if (offset > end) return { fault: 'the name of a section is cut off' };
      const name = Buffer.from(file.read(nameAt, Math.min(nameLength.value, limits.wasmNameBytesMax))).toString('utf8');
      sections.push({ name, address: offset, offset, size: end - offset });
    }
    at = end;
  }
  return { littleEndian: true, pointerBytes: 4, sections, segments: [] };
}

/** An unsigned LEB128 number of at most 32 bits. */
function unsignedAt(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}
