import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endOnBrokenPipe, exitCodeOf } from './process-end.ts';
import { buildProgram } from './program.ts';
import type { Surroundings } from './settings.ts';

/** A checkout runs its sources; what is published has everything in one package, its code in `lib`. */
const isCheckout = import.meta.url.endsWith('.ts');
const root = join(import.meta.dirname, isCheckout ? '../../..' : '..');

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
}

const around: Surroundings = {
  environment: process.env,
  args: process.argv.slice(2),
  cwd: process.cwd(),
  uid: process.getuid?.() ?? -1,
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  now: Date.now,
  installation: {
    starter: join(root, 'data', 'starter', 'hullcheck-starter.db.zst'),
    pages: join(root, isCheckout ? 'apps/web/dist' : 'web'),
    program: join(root, isCheckout ? 'apps/cli/bin' : 'bin', 'hullcheck.mjs'),
    built: isCheckout ? join(root, 'dist', 'program') : root,
  },
  version: readVersion(),
};

endOnBrokenPipe();
process.exitCode = await exitCodeOf(around.environment, () => buildProgram(around).run(around.args));
