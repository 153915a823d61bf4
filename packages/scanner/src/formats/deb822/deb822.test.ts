import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { readStanzas } from './index.ts';

const bounds = { fileBytesMax: 10_000, lineBytesMax: 100 };

function read(text: string, stopAfter = Number.POSITIVE_INFINITY): { outcome: string; stanzas: unknown[] } {
  const stanzas: unknown[] = [];
  const outcome = readStanzas(memoryFile('x', text), bounds, new Set(['package', 'version']), (stanza) => {
    stanzas.push(Object.fromEntries(stanza));
    return stanzas.length < stopAfter;
  });
  return { outcome, stanzas };
}

describe('stanzas', () => {
  it('end at a blank line or the end of the file; continued lines and other fields are left out', () => {
    expect(read('Package: a\nVersion:1\nDescription: x\n Version: 9\n\n\n \nPackage: b')).toEqual({
      outcome: 'whole',
      stanzas: [{ package: 'a', version: '1' }, { package: 'b' }],
    });
  });

  it('take the first of a repeated field', () => {
    expect(read('PACKAGE: a\npackage: b\n').stanzas).toEqual([{ package: 'a' }]);
  });

  it('stop where the visitor says so, and at a line above the limit', () => {
    expect(read('Package: a\n\nPackage: b\n\n', 1)).toEqual({ outcome: 'stopped', stanzas: [{ package: 'a' }] });
    expect(read(`Package: a\n\nX: ${'y'.repeat(200)}`).outcome).toBe('line-bytes');
  });
});
