export interface Varint {
  readonly value: number;
  /** Offset of the byte behind it. */
  readonly next: number;
}

/**
 * SQLite's big-endian integer of one to nine bytes; the ninth gives all of its eight bits. Undefined where the bytes end
 * before it does, or where it is above 2^53: nothing in a file of that format is that large.
 */
export function readVarint(bytes: Uint8Array, at: number): Varint | undefined {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (index === 8 || byte < 0x80) return { value, next: at + index + 1 };
  }
  return undefined;
}
