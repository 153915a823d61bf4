/** How a blob's bytes are packed, told by its first bytes and never by its media type (registries and archives mislabel). */
export type Compression = 'none' | 'gzip' | 'zstd';

export type Detected =
  | { readonly kind: Compression }
  | { readonly kind: 'unsupported'; readonly name: string }
  /** No known magic: a tar, or something that is no layer at all; the tar walker decides. */
  | { readonly kind: 'none' };

/** Bytes that `detectCompression` needs; a shorter blob is looked at as far as it goes. */
export const MAGIC_BYTES = 6;

export function detectCompression(start: Buffer): Detected {
  const begins = (...magic: readonly number[]): boolean => magic.every((byte, i) => start[i] === byte);
  if (begins(0x1f, 0x8b)) return { kind: 'gzip' };
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return { kind: 'zstd' };
  // A skippable frame may come first (pzstd, zstd:chunked writers).
  if (((start[0] ?? 0) & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18)
    return { kind: 'zstd' };
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return { kind: 'unsupported', name: 'xz' };
  if (begins(0x42, 0x5a, 0x68)) return { kind: 'unsupported', name: 'bzip2' };
  if (begins(0x04, 0x22, 0x4d, 0x18)) return { kind: 'unsupported', name: 'lz4' };
  if (begins(0x5d, 0x00, 0x00)) return { kind: 'unsupported', name: 'lzma' };
  if (begins(0x1f, 0x9d)) return { kind: 'unsupported', name: 'compress (.Z)' };
  if (begins(0x50, 0x4b, 0x03, 0x04)) return { kind: 'unsupported', name: 'zip' };
  return { kind: 'none' };
}
