import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bunzip2 } from './bzip2.ts';

const packed = readFileSync(path.join(import.meta.dirname, 'oracle-oval/testdata/elsa-2018-1196-1.xml.bz2'));

async function unpack(bytes: Uint8Array, size = bytes.length): Promise<string> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const blocks: Uint8Array[] = [];
  for await (const block of bunzip2(chunks(), 'a.bz2')) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

describe('a bzip2 file', () => {
  it('is the same whatever its chunks, and streams behind each other are one', async () => {
    const text = await unpack(packed);
    expect(text).toContain('<title>\nELSA-2018-1196-1');
    expect(text.endsWith('</oval_definitions>\n')).toBe(true);
    expect(await unpack(packed, 1)).toBe(text);
    expect(await unpack(Buffer.concat([packed, packed]), 100)).toBe(text + text);
  });

  it.each([
    ['cut', packed.subarray(0, packed.length - 20), 'truncated'],
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['another format', Buffer.from('PK\x03\x04aaaaaaaaaaaa'), 'feed-invalid'],
    ['of bzip version 0', Buffer.from('BZ0aaaaaaaaaaaa'), 'feed-invalid'],
    ['with bytes behind it', Buffer.concat([packed, Buffer.from('tail')]), 'feed-invalid'],
  ])('that is %s is a fault', async (_, bytes, code) => {
    await expect(unpack(bytes)).rejects.toMatchObject({ name: 'Fault', code });
  });

  it('with any one bit changed is a fault or, in its unused bits, the same: never other bytes, never without end', async () => {
    const text = await unpack(packed);
    const outcomes = new Set<string>();
    for (let at = 0; at < packed.length; at += 23) {
      const changed = Uint8Array.from(packed);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const outcome = await unpack(changed).then(
        (got) => (got === text ? 'same' : 'other'),
        (error: unknown) => (error instanceof Error ? error.name : 'no error'),
      );
      outcomes.add(outcome);
    }
    expect([...outcomes].filter((one) => one !== 'same')).toEqual(['Fault']);
  });
});
