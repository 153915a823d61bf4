import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { ELF_MAGIC } from '../../formats/elf/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type GoBinary, parseGoBinary } from './parse.ts';
import { resolveGoBinaries } from './resolve.ts';

const version = z.string().min(1).max(limits.versionCharsMax);
const schema = z.object({
  goVersion: version,
  modules: z
    .array(z.object({ path: z.string().min(1).max(limits.nameCharsMax), version, main: z.boolean() }))
    .max(limits.packagesPerFileMax),
});

/** Modules and standard library of programs built by Go's toolchain. */
export const goBinary: Analyzer<GoBinary> = {
  id: 'go-binary',
  version: 1,
  support: {
    title: 'Go',
    kind: 'binary',
    purlTypes: ['golang'],
    reads: [{ file: 'programs built by Go 1.13 or later (build information)', states: 'embedded' }],
  },
  claims: { executableMagic: [ELF_MAGIC] },
  analyze(file): Analysis<GoBinary> {
    const result = parseGoBinary(file);
    switch (result.kind) {
      case 'go':
        return { evidence: result.binary, problems: [] };
      case 'other':
        return { evidence: null, problems: [] };
      case 'broken':
        return { evidence: null, problems: [fileProblem('unreadable', file.path, result.reason)] };
    }
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolveGoBinaries,
};
