import { parseProgram } from '../../formats/parse-program.ts';
import { findRustAudit, readRustAudit } from '../../formats/rust-audit/index.ts';
import type { Readable } from '../../formats/text/index.ts';
import { parseWasm, WASM_MAGIC } from '../../formats/wasm/index.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

export interface RustProgramResult {
  /** Name of the package that was built; null where the program marks none. */
  readonly root: string | null;
  readonly crates: LockResult;
}

/**
 * The crates that were compiled into a program which cargo-auditable or a like tool built; undefined for every other. A program
 * whose headers are broken is not told apart: the analyzer of Go's programs reads the same headers and says so.
 */
export function parseRustProgram(file: Readable): RustProgramResult | undefined {
  const isWasm = WASM_MAGIC.every((byte, index) => file.read(0, WASM_MAGIC.byteLength)[index] === byte);
  const program = isWasm ? parseWasm(file) : parseProgram(file);
  if (program === null || 'fault' in program) return undefined;
  const section = findRustAudit(program, file);
  if (section === undefined) return undefined;
  const result = readRustAudit(section, file);
  if (result.kind === 'broken') return { root: null, crates: { fault: result.reason, code: result.code } };
  const { crates } = result;
  const root = crates.find((crate) => crate.root);
  const direct = new Set(root?.needs);
  const found = new LockedPackages();
  for (const [index, { name, version, kind, needs }] of crates.entries()) {
    // Build scripts, procedural macros and what only they need leave no code behind.
    if (kind !== 'runtime') continue;
    found.add({
      name,
      version,
      dev: false,
      direct: root === undefined || crates[index] === root ? null : direct.has(index),
      needs: needs.flatMap((need) => {
        const crate = crates[need];
        return crate === undefined || crate.kind !== 'runtime' ? [] : [`${crate.name}@${crate.version}`];
      }),
    });
  }
  return { root: root?.name ?? null, crates: found.result() };
}
