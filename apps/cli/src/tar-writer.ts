const BLOCK = 512;

export interface TarFile {
  /** Relative path; a trailing `/` makes a folder. At most 100 bytes: samples need no more. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode?: number;
}

/** A ustar archive of the files, with a fixed date so that equal samples have equal digests. */
export function writeTar(files: readonly TarFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const file of files) {
    const folder = file.path.endsWith('/');
    const header = Buffer.alloc(BLOCK);
    header.write(file.path, 0, 100, 'utf8');
    header.write((file.mode ?? (folder ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100, 'latin1');
    header.write('0000000', 108, 'latin1');
    header.write('0000000', 116, 'latin1');
    header.write(file.content.byteLength.toString(8).padStart(11, '0'), 124, 'latin1');
    header.write('00000000000', 136, 'latin1');
    header.write('        ', 148, 'latin1');
    header.write(folder ? '5' : '0', 156, 'latin1');
    header.write('ustar\u000000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
    const padding = (BLOCK - (file.content.byteLength % BLOCK)) % BLOCK;
    parts.push(header, Buffer.from(file.content), Buffer.alloc(padding));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}
