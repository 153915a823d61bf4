/* Analyzers that do what a parser taken over by hostile bytes would do; the path says which. */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import type { Analyzer, Json } from '@hullcheck/core';

const hoard: Buffer[] = [];

function attempt(step: () => unknown): string {
  try {
    step();
    return 'allowed';
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'failed';
  }
}

const actions: Readonly<Record<string, () => Json>> = {
  'act/environment': () => Object.keys(process.env).filter((name) => name !== 'NODE_COMPILE_CACHE' && name !== 'MALLOC_ARENA_MAX'),
  'act/write': () => attempt(() => writeFileSync('/tmp/hullcheck-should-not-exist', 'x')),
  'act/execute': () => attempt(() => execFileSync('/bin/true')),
  'act/threads': () => readdirSync('/proc/self/task').length > 0,
  'act/loop': () => {
    for (;;);
  },
  'act/hoard': () => {
    for (;;) hoard.push(Buffer.alloc(32 * 1024 * 1024, 1));
  },
  'act/heap': () => {
    const numbers: number[][] = [];
    for (;;) numbers.push(Array.from({ length: 10_000 }, (_, i) => i / 3));
  },
  'act/talk': () => 'x'.repeat(100 * 1024 * 1024),
  'act/fault': () => process.kill(process.pid, 'SIGSEGV'),
};

const hostile: Analyzer = {
  id: 'hostile',
  version: 1,
  support: { title: 'Test', kind: 'facts', purlTypes: [], reads: [] },
  claims: { folders: ['act/'] },
  analyze: (file) => ({ evidence: actions[file.path]?.() ?? null, problems: [] }),
  parseEvidence: (value) => value as Json,
  resolve: () => ({ packages: [], problems: [] }),
};

export const analyzers: readonly Analyzer[] = [hostile];
