/**
 * carve.ts PROGRAM OUTPUT.gz: the program with every byte zeroed that reading its build information doesn't touch, compressed.
 * So a program of megabytes becomes a fixture of a few kilobytes, of the same layout.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readGoBuildInfo } from '../../packages/scanner/src/formats/go-buildinfo/index.ts';
import { parseProgram } from '../../packages/scanner/src/formats/parse-program.ts';
import { findRustAudit } from '../../packages/scanner/src/formats/rust-audit/index.ts';

const [input = '', output = ''] = process.argv.slice(2);
const whole = readFileSync(input);
const carved = Buffer.alloc(whole.byteLength);
/** Wide enough for the build information, narrow enough to leave the rest of the data segment out. */
const READ_BYTES_MAX = 64 * 1024;
const file = {
  sizeBytes: whole.byteLength,
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(whole.byteLength, offset + length);
    whole.copy(carved, offset, offset, Math.min(end, offset + READ_BYTES_MAX));
    return whole.subarray(offset, end);
  },
};
const program = parseProgram(file);
if (program === null || 'fault' in program) throw new Error(`${input} is no program`);
const go = readGoBuildInfo(program, file);
if (go.kind === 'absent' && findRustAudit(program, file) === undefined) throw new Error(`${input} states nothing`);
writeFileSync(output, gzipSync(carved, { level: 9 }));
