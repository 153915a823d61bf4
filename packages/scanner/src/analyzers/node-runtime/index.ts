import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { parseNodeVersion } from './parse.ts';
import { resolveNodeRuntime } from './resolve.ts';

export type NodeRuntimeEvidence = { readonly version: string };

const schema = z.object({ version: z.string().min(1).max(limits.versionCharsMax) });
const decoder = new TextDecoder('utf-8');

/**
 * Node.js as its own release archives install it, which is how the official images get it: the header states the version
 * exactly, where the program is a hundred megabytes to search.
 */
export const nodeRuntime: Analyzer<NodeRuntimeEvidence> = {
  id: 'node-runtime',
  version: 1,
  support: {
    title: 'Node.js',
    kind: 'binary',
    purlTypes: ['generic'],
    reads: [{ file: 'include/node/node_version.h', states: 'installed' }],
  },
  claims: { suffixes: ['include/node/node_version.h'] },
  analyze(file): Analysis<NodeRuntimeEvidence> {
    const bytes = readWhole(file, limits.textFileBytesMax);
    const version = bytes === undefined ? undefined : parseNodeVersion(decoder.decode(bytes));
    if (version !== undefined) return { evidence: { version }, problems: [] };
    return {
      evidence: null,
      problems: [fileProblem('unreadable', file.path, 'the header defines no Node.js version')],
    };
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolveNodeRuntime,
};
