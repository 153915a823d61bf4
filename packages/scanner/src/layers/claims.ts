import type { Analyzer } from '@hullcheck/core';

/** All analyzers' claims compiled into one look-up. Numbers are indices into the analyzer list it was made from. */
export interface ClaimMatcher {
  /** Analyzers that claim the path by exact path, folder, name or suffix; in list order. */
  byName(path: string): readonly number[];
  /** Analyzers whose magic begins `bytes`. */
  byMagic(bytes: Buffer): readonly number[];
  /** Analyzers that claim executables by magic at all. */
  readonly magicAnalyzers: readonly number[];
  /** Bytes that `byMagic` needs to decide. */
  readonly magicBytes: number;
}

const NONE: readonly number[] = [];
const NOTHING: readonly never[] = [];

/**
 * Names and paths cost one map look-up each. Suffixes are keyed by their last two characters and folders by their first
 * two, as numbers: most paths share them with none, and nothing is cut out of a path to find that out.
 */
export function compileClaims(analyzers: readonly Pick<Analyzer, 'claims'>[]): ClaimMatcher {
  const paths = new Map<string, number[]>();
  const names = new Map<string, number[]>();
  const folders = new Map<number, { readonly folder: string; readonly analyzer: number }[]>();
  const suffixes = new Map<
    number,
    { readonly suffix: string; readonly folder?: string; readonly analyzer: number }[]
  >();
  const magic: { readonly bytes: Buffer; readonly analyzer: number }[] = [];
  for (const [analyzer, { claims }] of analyzers.entries()) {
    for (const path of claims.paths ?? []) append(paths, path, analyzer);
    for (const name of claims.names ?? []) append(names, name, analyzer);
    for (const folder of claims.folders ?? []) append(folders, pairAt(folder, 0), { folder, analyzer });
    for (const ending of [...(claims.suffixes ?? []).map((suffix) => ({ suffix })), ...(claims.within ?? [])])
      append(suffixes, pairAt(ending.suffix, ending.suffix.length - 2), { ...ending, analyzer });
    for (const bytes of claims.executableMagic ?? []) magic.push({ bytes: Buffer.from(bytes), analyzer });
  }

  function byName(path: string): readonly number[] {
    let found: Set<number> | undefined;
    const add = (analyzer: number): void => {
      found ??= new Set();
      found.add(analyzer);
    };
    paths.get(path)?.forEach(add);
    names.get(path.slice(path.lastIndexOf('/') + 1))?.forEach(add);
    for (const { folder, analyzer } of folders.get(pairAt(path, 0)) ?? NOTHING) {
      if (path.startsWith(folder)) add(analyzer);
    }
    for (const { suffix, folder, analyzer } of suffixes.get(pairAt(path, path.length - 2)) ?? NOTHING) {
      if (path.endsWith(suffix) && (folder === undefined || liesIn(path, folder))) add(analyzer);
    }
    return found === undefined ? NONE : [...found].sort((a, b) => a - b);
  }

  function byMagic(bytes: Buffer): readonly number[] {
    const found = new Set<number>();
    for (const { bytes: start, analyzer } of magic) {
      if (bytes.length >= start.length && start.compare(bytes, 0, start.length) === 0) found.add(analyzer);
    }
    return found.size === 0 ? NONE : [...found].sort((a, b) => a - b);
  }

  return {
    byName,
    byMagic,
    magicAnalyzers: [...new Set(magic.map((m) => m.analyzer))].sort((a, b) => a - b),
    magicBytes: Math.max(0, ...magic.map((m) => m.bytes.length)),
  };
}

/** Two characters as one number; no claim is shorter. */
function pairAt(text: string, at: number): number {
  return text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1);
}

/** Whether the folder that holds the path has the name. */
function liesIn(path: string, folder: string): boolean {
  const holder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  return holder === folder || holder.endsWith(`/${folder}`);
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
