import { createHash } from 'node:crypto';
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { DeflateDecoder } from './deflate-decoder.ts';
import { type InflateBy, openInflater } from './open-inflater.ts';

const content = Buffer.from(Array.from({ length: 4000 }, (_, i) => `line ${i * i}\n`).join(''));
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function outcome(bytes: Buffer, by: InflateBy, pieceBytes: number): Promise<string> {
  const hash = createHash('sha256');
  try {
    const inflater = openInflater('gzip', { zstdWindowLog: 23, by, sink: (part) => hash.update(part) });
    for (let at = 0; at < bytes.length; at += pieceBytes) await inflater.push(bytes.subarray(at, at + pieceBytes));
    await inflater.finish();
    return hash.digest('hex');
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
}

const inOurs = (bytes: Buffer, pieceBytes = 100): Promise<string> => outcome(bytes, 'module', pieceBytes);

interface HeaderFields {
  readonly extra?: Buffer;
  readonly name?: string;
  readonly comment?: string;
  readonly sum?: 'right' | 'wrong';
  readonly method?: number;
  readonly flags?: number;
}

/** A gzip member with the fields that tools seldom write. */
function member({ extra, name, comment, sum, method = 8, flags = 0 }: HeaderFields): Buffer {
  const bits = (extra && 4) ?? 0;
  const set =
    flags | bits | (name === undefined ? 0 : 8) | (comment === undefined ? 0 : 16) | (sum === undefined ? 0 : 2);
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, method, set, 0, 0, 0, 0, 0, 255])];
  if (extra !== undefined) parts.push(Buffer.from([extra.length & 255, extra.length >> 8]), extra);
  if (name !== undefined) parts.push(Buffer.from(`${name}\0`));
  if (comment !== undefined) parts.push(Buffer.from(`${comment}\0`));
  if (sum !== undefined) {
    const field = Buffer.alloc(2);
    field.writeUInt16LE((crc32(Buffer.concat(parts)) ^ (sum === 'wrong' ? 1 : 0)) & 0xffff);
    parts.push(field);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([...parts, deflateRawSync(content), trailer]);
}

describe('gzip around our decoder', () => {
  it.each<[string, HeaderFields]>([
    ['a name', { name: 'layer.tar' }],
    ['a comment', { comment: 'made by hand' }],
    ['an extra field', { extra: Buffer.alloc(300, 7) }],
    ['an empty extra field', { extra: Buffer.alloc(0) }],
    ['all fields and their CRC', { extra: Buffer.alloc(3), name: 'a', comment: '', sum: 'right' }],
    ['only the CRC of the header', { sum: 'right' }],
  ])('reads a member with %s, twice, cut anywhere', async (_, fields) => {
    const bytes = Buffer.concat([member(fields), member(fields)]);
    const expected = digest(Buffer.concat([content, content]));
    for (const pieceBytes of [1, 7, bytes.length]) expect(await inOurs(bytes, pieceBytes)).toBe(expected);
    expect(await outcome(bytes, 'handle', bytes.length)).toBe(expected);
  });

  it.each<[string, Buffer, string]>([
    ['a wrong CRC of its header', member({ name: 'a', sum: 'wrong' }), 'not-an-image: the gzip stream is damaged'],
    ['another method', member({ method: 7 }), 'not-an-image: the gzip stream is damaged: unknown method'],
    ['flags of no meaning', member({ flags: 0x20 }), 'not-an-image: the gzip stream is damaged: unknown flags'],
    ['a length that lies', lie(member({}), 1), 'not-an-image: the gzip stream is damaged: its length'],
    ['a CRC that lies', lie(member({}), 5), 'not-an-image: the gzip stream is damaged: its CRC-32'],
    ['an end inside the name', member({ name: 'layer.tar' }).subarray(0, 14), 'truncated'],
    ['a second member cut after its magic', Buffer.concat([member({}), member({}).subarray(0, 2)]), 'truncated'],
    ['one byte of no member behind', Buffer.concat([member({}), Buffer.from('z')]), 'not-an-image'],
  ])('refuses %s', async (_, bytes, message) => {
    for (const pieceBytes of [1, bytes.length])
      expect(await inOurs(bytes, pieceBytes)).toMatch(new RegExp(`^${message}`));
    expect(await outcome(bytes, 'handle', bytes.length)).toMatch(/^(?:not-an-image|truncated):/);
  });

  it('reads every kind of block, level and strategy as zlib wrote them', async () => {
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 2_654_435_761) >>> 13));
    const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED } = constants;
    for (const plain of [content, noise, Buffer.alloc(70_000), Buffer.alloc(0), Buffer.from('x')]) {
      for (const strategy of [Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED]) {
        for (const level of [0, 1, 9]) {
          expect(await inOurs(gzipSync(plain, { level, strategy }), 1000)).toBe(digest(plain));
        }
      }
    }
  });

  it('copies from every distance below two vectors, and from the edge of the window', async () => {
    const pieces: Buffer[] = [];
    for (let distance = 1; distance <= 40; distance++) {
      const start = Buffer.from(Array.from({ length: distance }, (_, i) => i * 7 + distance));
      pieces.push(start, ...Array.from({ length: 300 }, () => start));
    }
    const far = Buffer.from(Array.from({ length: 32_768 }, (_, i) => (i * 40_503) >>> 7));
    const plain = Buffer.concat([...pieces, far, far, far]);
    expect(await inOurs(gzipSync(plain, { level: 9, memLevel: 9 }), 5000)).toBe(digest(plain));
  });

  it('never reads what another stream has left', () => {
    const decoder = DeflateDecoder.take();
    decoder.begin();
    decoder.decode(deflateRawSync(content), 0, () => undefined);
    // A fixed block whose first code is a match: nothing lies before it.
    decoder.begin();
    const decoded = decoder.decode(Buffer.from([0b0000_0011, 0b0000_0010, 0, 0, 0, 0, 0, 0]), 0, () => undefined);
    decoder.release();
    expect(decoded).toEqual({ kind: 'damaged', reason: 'a distance that reaches before the start' });
  });

  it('judges damaged streams as zlib does', async () => {
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const bytes = gzipSync(content.subarray(0, 200 + random(9000)), { level: 1 + random(9), strategy: random(5) });
      // Most flips where codes are described: there one bit changes all that follows.
      for (let flips = random(3); flips >= 0; flips--) {
        const at = 10 + random(random(2) === 0 ? 60 : bytes.length - 18);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      }
      const byZlib = await outcome(bytes, 'handle', bytes.length);
      const ours = await inOurs(bytes, 1 + random(bytes.length));
      const verdict = (text: string): string => (text.includes(': ') ? 'refused' : text);
      expect(verdict(ours), `round ${round}: ${ours} but ${byZlib}`).toBe(verdict(byZlib));
      if (verdict(ours) === 'refused') refused++;
    }
    expect(refused).toBeGreaterThan(300);
  });
});

function lie(bytes: Buffer, fromEnd: number): Buffer {
  const at = bytes.length - fromEnd;
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  return bytes;
}
