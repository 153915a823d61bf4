/** Tar archives for tests, byte by byte: also ones that no tool would write. */
export interface TarItem {
  readonly name: string;
  readonly type?: string;
  readonly body?: Uint8Array | string;
  readonly link?: string;
  readonly mode?: number;
  /** Instead of the body's length. */
  readonly size?: number;
  /** Raw text of the size field. */
  readonly sizeField?: Uint8Array;
  readonly prefix?: string;
  readonly magic?: string;
  readonly badChecksum?: boolean;
  /** Bytes put over the header before its checksum is made. */
  readonly patch?: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

export function tarHeader(item: TarItem): Buffer {
  const header = Buffer.alloc(512);
  const size = item.size ?? bodyOf(item).length;
  header.write(item.name, 0, 100, 'utf8');
  header.write((item.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
  header.write('0000000', 108);
  header.write('0000000', 116);
  header.write(size.toString(8).padStart(11, '0'), 124);
  if (item.sizeField !== undefined) header.set(item.sizeField, 124);
  header.write('00000000000', 136);
  header.write(item.type ?? '0', 156, 'latin1');
  header.write(item.link ?? '', 157, 100, 'utf8');
  header.write(item.magic ?? 'ustar\x0000', 257, 'latin1');
  header.write(item.prefix ?? '', 345, 155, 'utf8');
  for (const { at, bytes } of item.patch ?? []) header.set(bytes, at);
  header.fill(0x20, 148, 156);
  let sum = item.badChecksum === true ? 1 : 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function bodyOf(item: TarItem): Buffer {
  return typeof item.body === 'string' ? Buffer.from(item.body) : Buffer.from(item.body ?? []);
}

export function tarEntry(item: TarItem): Buffer {
  const body = bodyOf(item);
  return Buffer.concat([tarHeader(item), body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

export const tarEnd: Buffer = Buffer.alloc(1024);

export function writeTar(...items: readonly TarItem[]): Buffer {
  return Buffer.concat([...items.map(tarEntry), tarEnd]);
}

/** One PAX header with these records. */
export function pax(records: Readonly<Record<string, string>>, type = 'x'): TarItem {
  return { name: 'PaxHeaders/x', type, body: Object.entries(records).map(([key, value]) => paxRecord(key, value)).join('') };
}

export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}
