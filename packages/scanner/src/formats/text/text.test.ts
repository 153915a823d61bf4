import { describe, expect, it } from 'vitest';
import { type LinesOutcome, type Readable, readLines, readWhole } from './index.ts';

/** Gives at most `bytesMax` bytes a read, as a file that spilled to disk may. */
function fileOf(content: string, bytesMax = Number.MAX_SAFE_INTEGER): Readable {
  const bytes = new TextEncoder().encode(content);
  return {
    sizeBytes: bytes.byteLength,
    read: (offset, length) => bytes.subarray(offset, offset + Math.min(length, bytesMax)),
  };
}

function linesOf(file: Readable, fileBytesMax = 1000, lineBytesMax = 1000): { outcome: LinesOutcome; lines: string[] } {
  const lines: string[] = [];
  const outcome = readLines(file, { fileBytesMax, lineBytesMax }, (line) => {
    lines.push(line);
    return line !== 'stop';
  });
  return { outcome, lines };
}

describe('lines', () => {
  it.each([1, 2, 3, 5, 1000])('are the same in reads of %i bytes, characters cut apart included', (bytesMax) => {
    const file = fileOf('first\r\n\nß and 🐳\nlast', bytesMax);
    expect(linesOf(file)).toEqual({ outcome: 'whole', lines: ['first', '', 'ß and 🐳', 'last'] });
  });

  it('have none after a final line end, and none in an empty file', () => {
    expect(linesOf(fileOf('a\n')).lines).toEqual(['a']);
    expect(linesOf(fileOf(''))).toEqual({ outcome: 'whole', lines: [] });
  });

  it('that are no UTF-8 are decoded with replacement', () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x0a);
    expect(linesOf({ sizeBytes: 3, read: (offset, length) => bytes.subarray(offset, offset + length) }).lines).toEqual([
      'a\uFFFD',
    ]);
  });

  it('end where the visitor says so', () => {
    expect(linesOf(fileOf('a\nstop\nb\n'))).toEqual({ outcome: 'stopped', lines: ['a', 'stop'] });
  });

  it('end at the limit of the file, half a line not handed over', () => {
    expect(linesOf(fileOf('ab\ncd\n'), 4)).toEqual({ outcome: 'file-bytes', lines: ['ab'] });
    expect(linesOf(fileOf('ab\ncd\n'), 6)).toEqual({ outcome: 'whole', lines: ['ab', 'cd'] });
  });

  it('end at the limit of a line', () => {
    expect(linesOf(fileOf('ab\ncdefgh', 3), 1000, 4)).toEqual({ outcome: 'line-bytes', lines: ['ab'] });
  });
});

describe('a whole file', () => {
  it('is put together from short reads', () => {
    expect(new TextDecoder().decode(readWhole(fileOf('content', 2), 100))).toBe('content');
  });

  it('above the limit is not read', () => {
    expect(readWhole(fileOf('content'), 6)).toBeUndefined();
  });
});
