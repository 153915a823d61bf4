/*
 * `node tools/inflate.ts` compiles packages/scanner/src/layers/inflate/inflate.c into the module that is committed beside
 * it, with Debian's clang-19 and lld-19. A test compiles it again and compares.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'packages', 'scanner', 'src', 'layers', 'inflate');
export const compiler = 'clang-19';
const options = [
  '--target=wasm32',
  '-std=c11',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-ffreestanding',
  '-nostdlib',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
  '-Wl,-z,stack-size=8192',
] as const;

/** The text of inflate.generated.ts; undefined where the compiler is missing. */
export function compileInflate(): string | undefined {
  const target = mkdtempSync(join(tmpdir(), 'hullcheck-inflate-'));
  try {
    const module = join(target, 'inflate.wasm');
    const { error, status, stderr } = spawnSync(compiler, [...options, '-o', module, 'inflate.c'], { cwd: folder });
    if (error !== undefined) return undefined;
    if (status !== 0) throw new Error(`${compiler} ended with ${status}: ${stderr.toString()}`);
    const base64 = readFileSync(module).toString('base64');
    return `// Compiled from inflate.c by \`node tools/inflate.ts\`; WebAssembly in base64.\nexport const inflateModule =\n  '${base64}';\n`;
  } finally {
    rmSync(target, { recursive: true });
  }
}

if (import.meta.main) {
  const text = compileInflate();
  if (text === undefined) throw new Error(`${compiler} is not installed`);
  writeFileSync(join(folder, 'inflate.generated.ts'), text);
}
