import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileInflate, compiler } from './inflate.ts';

const missing = spawnSync(compiler, ['--version']).error !== undefined;

describe('the module that unpacks layers', () => {
  it.skipIf(missing)(`is what ${compiler} makes of its source`, () => {
    const committed = join(import.meta.dirname, '..', 'packages/scanner/src/layers/inflate/inflate.generated.ts');
    expect(readFileSync(committed, 'utf8') === compileInflate()).toBe(true);
  });
});
