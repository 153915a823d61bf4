import { inflateSync } from 'node:zlib';
import { fieldOf, type JsonObject, parseJsonObject, stringOf, toObject } from '../json/index.ts';
import { limits } from '../limits.ts';
import type { Program, ProgramSection } from '../program.ts';
import type { Readable } from '../text/index.ts';

export interface RustCrate {
  readonly name: string;
  readonly version: string;
  /** `crates.io`, `git`, `local`, `registry` or another word. */
  readonly source: string;
  /** Run while building only: `build` and `dev` are not part of the program. */
  readonly kind: 'runtime' | 'build' | 'dev';
  /** The package that was built. */
  readonly root: boolean;
  /** Indices of the crates that it needs, all within the list. */
  readonly needs: readonly number[];
}

export type RustAuditResult =
  | { readonly kind: 'found'; readonly crates: readonly RustCrate[] }
  | { readonly kind: 'broken'; readonly reason: string; readonly code: 'unreadable' | 'limit-exceeded' };

/** ELF and PE cut nothing off it; in Mach-O it lies in the segment `__DATA`. */
const SECTION_NAME = '.dep-v0';

export function findRustAudit(program: Program, file: Readable): ProgramSection | undefined {
  return program.sections.find(({ name, offset }) => name === SECTION_NAME && offset < file.sizeBytes);
}

/**
 * The crates that a program was built of, as cargo-auditable put them in: JSON, compressed by zlib, in a section of its own.
 * https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
 */
export function readRustAudit(section: ProgramSection, file: Readable): RustAuditResult {
  if (section.size > limits.rustAuditBytesMax)
    return { kind: 'broken', reason: 'the list of crates is above rustAuditBytesMax', code: 'limit-exceeded' };
  const inflated = inflate(file.read(section.offset, section.size));
  if (!(inflated instanceof Uint8Array)) return inflated;
  const document = parseJsonObject(inflated);
  const packages = document === undefined ? undefined : fieldOf(document, 'packages');
  if (!Array.isArray(packages))
    return { kind: 'broken', reason: 'the list of crates is no JSON object with packages', code: 'unreadable' };
  if (packages.length > limits.rustCratesMax)
    return { kind: 'broken', reason: 'the program lists more crates than rustCratesMax', code: 'limit-exceeded' };
  const crates: RustCrate[] = [];
  for (const value of packages) {
    const crate = toCrate(toObject(value) ?? {}, packages.length);
    // The others are referred to by place, so that none may be left out.
    if (crate === undefined) return { kind: 'broken', reason: 'a crate has no name or version', code: 'unreadable' };
    crates.push(crate);
  }
  return { kind: 'found', crates };
}

function inflate(bytes: Uint8Array): Uint8Array | RustAuditResult {
  try {
    return inflateSync(bytes, { maxOutputLength: limits.rustAuditBytesMax });
  } catch (thrown) {
    return thrown instanceof RangeError
      ? { kind: 'broken', reason: 'the inflated list of crates is above rustAuditBytesMax', code: 'limit-exceeded' }
      : { kind: 'broken', reason: 'the list of crates can not be inflated', code: 'unreadable' };
  }
}

function toCrate(object: JsonObject, count: number): RustCrate | undefined {
  const name = stringOf(object, 'name');
  const version = stringOf(object, 'version');
  if (name === undefined || version === undefined) return undefined;
  const kind = stringOf(object, 'kind') ?? 'runtime';
  const needs: unknown = fieldOf(object, 'dependencies');
  return {
    name,
    version,
    source: stringOf(object, 'source') ?? '',
    kind: kind === 'build' || kind === 'dev' ? kind : 'runtime',
    root: fieldOf(object, 'root') === true,
    needs: Array.isArray(needs)
      ? needs.filter((need): need is number => Number.isInteger(need) && need >= 0 && need < count)
      : [],
  };
}
