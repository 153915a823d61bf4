import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { PerlResult } from './parse.ts';

export type LocalModule = { readonly module: string; readonly version: string };

const BOUNDS = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };
const HEADING = /^=head2 .{0,200}: C<Module> L<([\w:']{1,512})\|[^>]{0,1024}>/;
const VERSION = /^C<VERSION: ([^>\s]{1,512})>/;

/**
 * perllocal.pod: the log that `make install` appends to. The last entry of a module is the one that counts; entries of what was
 * removed since stay. https://metacpan.org/pod/ExtUtils::MakeMaker
 */
export function parsePerllocal(file: Readable): PerlResult<{ readonly modules: readonly LocalModule[] }> {
  const modules = new Map<string, string>();
  let module: string | undefined;
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.startsWith('=head2 ')) module = identifierOf(HEADING.exec(line)?.[1], limits.nameCharsMax);
    const version = identifierOf(VERSION.exec(line)?.[1], limits.versionCharsMax);
    if (module !== undefined && version !== undefined) {
      modules.set(module, version);
      module = undefined;
    }
    return modules.size < limits.packagesPerFileMax;
  });
  if (outcome !== 'whole') return { fault: `the file is above a limit (${outcome})`, code: 'limit-exceeded' };
  return { modules: [...modules].map(([name, version]) => ({ module: name, version })) };
}
