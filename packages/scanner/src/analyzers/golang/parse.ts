import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export interface GoFileFault {
  readonly fault: string;
  readonly code: 'unreadable' | 'limit-exceeded';
}

export type GoManifest = {
  readonly kind: 'manifest';
  /** Path of the module that the file describes. */
  readonly module: string;
  /** Whether it lists indirect requirements too, as it does since Go 1.17. */
  readonly complete: boolean;
  readonly modules: readonly { readonly path: string; readonly version: string; readonly direct: boolean }[];
  /** Each applies to `version` only where that is stated; without `to` the replacement is a folder. */
  readonly replacements: readonly {
    readonly path: string;
    readonly version: string | null;
    readonly to: { readonly path: string; readonly version: string } | null;
  }[];
};

const BOUNDS = { fileBytesMax: limits.textFileBytesMax, lineBytesMax: limits.lineBytesMax };

/** Since this version of the language go.mod names every module that the build needs. https://go.dev/ref/mod#graph-pruning */
const COMPLETE_SINCE = 17;

/**
 * go.mod: what the main module requires, with the versions that were selected, and what replaces them. `exclude` has done its
 * work when a version is selected. The lines `go` and `toolchain` state what is wanted at least, not what was built with.
 * https://go.dev/ref/mod#go-mod-file
 */
export function parseGoManifest(file: Readable): GoManifest | GoFileFault {
  let module: string | undefined;
  let complete = false;
  const modules: GoManifest['modules'][number][] = [];
  const replacements: GoManifest['replacements'][number][] = [];
  const outcome = readDirectives(file, (words, comment) => {
    const [verb, ...rest] = words;
    if (verb === 'module') module = identifierOf(rest[0], limits.nameCharsMax);
    else if (verb === 'go') complete = isComplete(rest[0] ?? '');
    else if (verb === 'require') {
      const found = toModule(rest[0], rest[1]);
      if (found !== undefined) modules.push({ ...found, direct: !/^\s*indirect\b/.test(comment) });
    } else if (verb === 'replace') {
      const replacement = toReplacement(rest);
      if (replacement !== undefined) replacements.push(replacement);
    }
    return modules.length + replacements.length < limits.packagesPerFileMax;
  });
  if (outcome !== 'whole')
    return { fault: 'go.mod is above textFileBytesMax, lineBytesMax or packagesPerFileMax', code: 'limit-exceeded' };
  if (module === undefined) return { fault: 'go.mod names no module', code: 'unreadable' };
  return { kind: 'manifest', module, complete, modules, replacements };
}

/** Hands over each directive with its verb first, also those of a block, which have the verb in common, and its comment. */
function readDirectives(
  file: Readable,
  visit: (words: readonly string[], comment: string) => boolean,
): ReturnType<typeof readLines> {
  let block: string | undefined;
  return readLines(file, BOUNDS, (line) => {
    const commentAt = line.indexOf('//');
    const comment = commentAt === -1 ? '' : line.slice(commentAt + 2);
    const words = [...(commentAt === -1 ? line : line.slice(0, commentAt)).matchAll(WORD)].map(
      ([word, quoted]) => quoted ?? word.replaceAll('`', ''),
    );
    const [first, second] = words;
    if (first === undefined) return true;
    if (first === ')') block = undefined;
    else if (second === '(') block = first;
    else return visit(block === undefined ? words : [block, ...words], comment);
    return true;
  });
}

/** A path may stand between quotes; it holds no character that would have to be escaped. */
const WORD = /"([^"]*)"|`[^`]*`|[()]|[^\s"`()]+/g;

function isComplete(version: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= COMPLETE_SINCE);
}

function toModule(
  path: string | undefined,
  version: string | undefined,
): { readonly path: string; readonly version: string } | undefined {
  const name = identifierOf(path, limits.nameCharsMax);
  const number = identifierOf(version, limits.versionCharsMax);
  return name === undefined || number === undefined || !/^v\d/.test(number)
    ? undefined
    : { path: name, version: number };
}

/** `old [version] => new [version]` */
function toReplacement(words: readonly string[]): GoManifest['replacements'][number] | undefined {
  const arrow = words.indexOf('=>');
  const path = identifierOf(words[0], limits.nameCharsMax);
  if (path === undefined || arrow < 1 || arrow > 2) return undefined;
  const version = arrow === 2 ? (identifierOf(words[1], limits.versionCharsMax) ?? null) : null;
  return { path, version, to: toModule(words[arrow + 1], words[arrow + 2]) ?? null };
}
