import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ELF_MAGIC } from '../../formats/elf/index.ts';
import type { AnalyzerSample } from '../samples.testing.ts';

const statement = z.object({
  recogniser: z.string(),
  path: z.string(),
  /** Of the package that the program came from, not read from its bytes. */
  version: z.string(),
  origin: z.string(),
  windows: z.array(z.base64()),
});

/** The surroundings of every mention of its version in real programs (tools/oracles/programs.py). */
export const realStatements = z
  .array(statement)
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'testdata', 'statements.json'), 'utf8')));

/** A program that has these bytes, each with a gap before it. */
export function programWith(...pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat([
    ELF_MAGIC,
    Buffer.alloc(252),
    ...pieces.flatMap((piece) => [Buffer.from(piece), Buffer.alloc(64)]),
  ]);
}

export const realPrograms: readonly (z.infer<typeof statement> & { readonly bytes: Uint8Array })[] = realStatements.map(
  (real) => ({ ...real, bytes: programWith(...real.windows.map((window) => Buffer.from(window, 'base64'))) }),
);

const fileOf = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'testdata', name));

export const samples: readonly AnalyzerSample[] = [
  { name: 'java', path: 'opt/java/openjdk/release', bytes: fileOf('release') },
  { name: 'go', path: 'usr/local/go/VERSION', bytes: fileOf('VERSION') },
  { name: 'nginx', path: 'usr/sbin/nginx', bytes: programWith('nginx version: nginx/1.27.2\n') },
  { name: 'python', path: 'usr/local/bin/python3.12', bytes: programWith('\x003.12.4\0strict') },
];
