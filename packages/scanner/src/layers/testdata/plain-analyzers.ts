import type { Analyzer } from '@hullcheck/core';

const nothing = { packages: [], problems: [] };

/** Evidence is the text of the file; `BROKEN` in it throws. Claims by path, name and folder. */
export const textAnalyzer: Analyzer = {
  id: 'text',
  version: 3,
  support: { title: "Test", kind: "facts", purlTypes: [], reads: [] },
  claims: { paths: ['etc/os-release'], names: ['package.json'], folders: ['db/'] },
  analyze(file) {
    const text = Buffer.from(file.bytes()).toString('utf8');
    if (text.includes('BROKEN')) throw new Error('broken\u001b[31m file');
    return { evidence: text.slice(0, 60), problems: [] };
  },
  parseEvidence: (value) => (typeof value === 'string' ? value : undefined),
  resolve: () => nothing,
};

/** Executables that begin with ELF's magic; reads the end of the file by position. */
export const elfAnalyzer: Analyzer = {
  id: 'elf',
  version: 1,
  support: { title: 'Test', kind: 'facts', purlTypes: [], reads: [] },
  claims: { executableMagic: [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)] },
  analyze(file) {
    const tail = Buffer.from(file.read(file.sizeBytes - 4, 100)).toString('latin1');
    return { evidence: tail === 'none' ? null : { sizeBytes: file.sizeBytes, tail }, problems: [] };
  },
  parseEvidence: (value) => value as never,
  resolve: () => nothing,
};

export const analyzers: readonly Analyzer[] = [elfAnalyzer, textAnalyzer];
