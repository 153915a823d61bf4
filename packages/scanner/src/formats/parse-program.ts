import { ELF_MAGIC, parseElf } from './elf/index.ts';
import { MACHO_MAGICS, parseMachO } from './macho/index.ts';
import { PE_MAGIC, parsePe } from './pe/index.ts';
import type { Program } from './program.ts';
import type { Readable } from './text/index.ts';

/** First bytes of the programs of every operating system. */
export const PROGRAM_MAGICS: readonly Uint8Array[] = [ELF_MAGIC, PE_MAGIC, ...MACHO_MAGICS];

/** A program of any operating system by its first bytes; null when it only begins like one of another kind (MS-DOS, Java). */
export function parseProgram(file: Readable): Program | null | { readonly fault: string } {
  const head = file.read(0, 4);
  const begins = (magic: Uint8Array): boolean => magic.every((byte, index) => head[index] === byte);
  if (begins(PE_MAGIC)) return parsePe(file);
  return MACHO_MAGICS.some(begins) ? parseMachO(file) : parseElf(file);
}
