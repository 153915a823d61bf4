/** The keys of a PAX extended header that the walker obeys. */
export interface PaxRecords {
  readonly path?: string;
  readonly linkPath?: string;
  readonly size?: number;
  /** GNU.sparse.*: the body is a sparse map and fragments, not the file's content. */
  readonly sparse: boolean;
  /** GNU.sparse.name: the real path of a sparse file. */
  readonly sparseName?: string;
}

/**
 * Parses `LENGTH KEY=VALUE\n` records. Undefined when a record is malformed: lengths that lie, values with NUL in a path
 * (truncation attacks) or a size that is no decimal number below 2^53.
 */
export function parsePax(bytes: Buffer): PaxRecords | undefined {
  let path: string | undefined;
  let linkPath: string | undefined;
  let size: number | undefined;
  let sparse = false;
  let sparseName: string | undefined;
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    // Seven digits exceed extensionBytesMax.
    if (space < 0 || space === at || space - at > 7) return undefined;
    const digits = bytes.toString('latin1', at, space);
    if (!/^[1-9]\d*$/.test(digits)) return undefined;
    const end = at + Number(digits);
    if (end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) return undefined;
    const equals = bytes.indexOf(0x3d, space + 1);
    if (equals < 0 || equals >= end - 1 || equals === space + 1) return undefined;
    const key = bytes.toString('latin1', space + 1, equals);
    const value = (): string => bytes.toString('utf8', equals + 1, end - 1);
    if (key === 'path' || key === 'linkpath' || key === 'GNU.sparse.name') {
      const text = value();
      if (text.includes('\0')) return undefined;
      if (key === 'path') path = text;
      else if (key === 'linkpath') linkPath = text;
      else {
        sparse = true;
        sparseName = text;
      }
    } else if (key === 'size') {
      const text = value();
      if (!/^\d{1,16}$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER) return undefined;
      size = Number(text);
    } else if (key.startsWith('GNU.sparse.')) {
      sparse = true;
    }
    at = end;
  }
  return {
    sparse,
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(size === undefined ? {} : { size }),
    ...(sparseName === undefined ? {} : { sparseName }),
  };
}
