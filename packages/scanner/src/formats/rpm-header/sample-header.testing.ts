type Value = string | readonly string[] | { readonly int32: readonly number[] };

/** A header as databases keep it, of the given tags; strings, string arrays and 32-bit numbers. */
export function sampleHeader(tags: { readonly [tag: number]: Value }): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let at = 0;
  for (const [tag, value] of Object.entries(tags)) {
    const { type, count, bytes } = encode(value);
    const padding = type === 4 ? (4 - (at % 4)) % 4 : 0;
    data.push(Buffer.alloc(padding), bytes);
    index.push(words(Number(tag), type, at + padding, count));
    at += padding + bytes.byteLength;
  }
  return Buffer.concat([words(index.length, at), ...index, ...data]);
}

function encode(value: Value): { readonly type: number; readonly count: number; readonly bytes: Buffer } {
  if (typeof value === 'string') return { type: 6, count: 1, bytes: Buffer.from(`${value}\u0000`) };
  if ('int32' in value) return { type: 4, count: value.int32.length, bytes: words(...value.int32) };
  return { type: 8, count: value.length, bytes: Buffer.from(value.map((text) => `${text}\u0000`).join('')) };
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}
