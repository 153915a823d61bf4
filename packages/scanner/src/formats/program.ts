import type { Readable } from './text/index.ts';

/** A part of a program with a name: file bytes [offset, offset + size) lie at [address, …) in memory. */
export interface ProgramSection {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/** A part of the file that the loader maps: file bytes [offset, offset + fileSize) lie at [address, …) in memory. */
export interface ProgramSegment {
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly writable: boolean;
  readonly executable: boolean;
}

/** What ELF, PE and Mach-O have in common, with offsets from the start of the file. */
export interface Program {
  readonly littleEndian: boolean;
  readonly pointerBytes: 4 | 8;
  readonly sections: readonly ProgramSection[];
  readonly segments: readonly ProgramSegment[];
}

/** `length` bytes at a virtual address, fewer where the segment ends; undefined when no segment has it in the file. */
export function readAddress(program: Program, file: Readable, address: number, length: number): Uint8Array | undefined {
  for (const segment of program.segments) {
    const inside = address - segment.address;
    if (inside < 0 || inside >= segment.fileSize) continue;
    return file.read(segment.offset + inside, Math.min(length, segment.fileSize - inside));
  }
  return undefined;
}

/** Fixed-width fields of one header. Addresses above 2^53 lose their low bits; no file is that large, so they lead nowhere. */
export class Fields {
  readonly pointerBytes: 4 | 8;
  readonly byteLength: number;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean, pointerBytes: 4 | 8) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.pointerBytes = pointerBytes;
    this.byteLength = bytes.byteLength;
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  pointer(at: number): number {
    return this.pointerBytes === 4 ? this.u32(at) : Number(this.#view.getBigUint64(at, this.#littleEndian));
  }
}
