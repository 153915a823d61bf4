import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseNodeVersion } from './parse.ts';

/** The release archive that the running Node.js came from, where it lies unpacked around its program. */
const header = join(dirname(process.execPath), '..', 'include', 'node', 'node_version.h');

describe('the header of a real Node.js release', () => {
  it.skipIf(!existsSync(header))('states what the program beside it says of itself', () => {
    const said = execFileSync(process.execPath, ['--version'], { encoding: 'utf8' }).trim();
    expect(`v${parseNodeVersion(readFileSync(header, 'utf8'))}`).toBe(said);
  });
});
