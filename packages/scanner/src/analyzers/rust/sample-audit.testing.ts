import { deflateSync } from 'node:zlib';
import { buildElf } from '../../formats/elf/sample-elf.testing.ts';

export interface AuditedCrate {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly kind?: string;
  readonly root?: boolean;
  readonly dependencies?: readonly number[];
}

/** A program with this text in the section where cargo-auditable puts the list of crates, compressed as it does. */
export function auditedProgram(text: string): Uint8Array {
  return buildElf({ data: deflateSync(text), section: '.dep-v0' });
}

export function auditOf(packages: readonly AuditedCrate[]): string {
  return JSON.stringify({ packages });
}

/** `main` needs `lib`, which needs `deep`; `script` ran while building and needed `deep` and `tool`. */
export const SAMPLE_AUDIT: string = auditOf([
  { name: 'deep', version: '0.3.0', source: 'crates.io' },
  { name: 'lib', version: '1.2.3', source: 'crates.io', dependencies: [0] },
  { name: 'main', version: '0.1.0', source: 'local', root: true, dependencies: [1, 3] },
  { name: 'script', version: '2.0.0', source: 'crates.io', kind: 'build', dependencies: [0, 4] },
  { name: 'tool', version: '3.0.0', source: 'crates.io', kind: 'build' },
]);

/** The same list in a WebAssembly module, after a section of another kind. */
export function auditedWasm(text: string): Uint8Array {
  const name = Buffer.from('.dep-v0');
  const payload = Buffer.concat([Buffer.from([name.byteLength]), name, deflateSync(text)]);
  const size = Buffer.from([(payload.byteLength & 0x7f) | 0x80, payload.byteLength >> 7]);
  return Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 2, 0, 0, 0]), size, payload]);
}
