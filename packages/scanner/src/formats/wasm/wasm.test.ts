import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../analyzers/samples.testing.ts';
import { limits } from '../limits.ts';
import type { Program } from '../program.ts';
import { parseWasm } from './index.ts';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const TYPES = [1, 1, 0];
/** Custom section `ab` with three bytes. */
const CUSTOM = [0, 6, 2, 0x61, 0x62, 7, 8, 9];

const parse = (...bytes: readonly number[]): Program | { readonly fault: string } =>
  parseWasm(memoryFile('a.wasm', Uint8Array.from(bytes)));

describe('a WebAssembly module', () => {
  it('has its custom sections', () => {
    expect(parse(...HEADER, ...TYPES, ...CUSTOM, ...TYPES)).toMatchObject({
      sections: [{ name: 'ab', offset: 16, size: 3 }],
    });
  });

  it('without sections is whole', () => expect(parse(...HEADER)).toMatchObject({ sections: [] }));

  it('states lengths in up to five bytes', () => {
    const padded = [0, 0x8a, 0x80, 0x80, 0x80, 0x00, 0x82, 0x80, 0x80, 0x80, 0x00, 0x61, 0x62, 7, 8, 9];
    expect(parse(...HEADER, ...padded)).toMatchObject({ sections: [{ name: 'ab', offset: 21, size: 3 }] });
  });

  it.each([
    ['that is something else', [0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0], 'no WebAssembly header'],
    ['with a section beyond the end', [...HEADER, 1, 0xff, 0x7f], 'a section is cut off'],
    ['with a length of six bytes', [...HEADER, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 'a section is cut off'],
    ['with a name longer than its section', [...HEADER, 0, 2, 9, 0x61], 'the name of a section is cut off'],
    [
      'with too many sections',
      [...HEADER, ...Array.from({ length: limits.wasmSectionsMax + 1 }, () => [1, 0]).flat()],
      'more sections than wasmSectionsMax',
    ],
  ])('%s is a fault', (_, bytes, fault) => expect(parse(...bytes)).toEqual({ fault }));
});
