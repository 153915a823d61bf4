#!/usr/bin/env node
import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [major] = process.versions.node.split('.').map(Number);
if (major === undefined || major < 24) {
  process.stderr.write(
    `hullcheck needs Node 24 or newer; this is ${process.version}. In a checkout, use: npx --no hullcheck\n`,
  );
  process.exit(1);
}

// Stripping types and compiling anew costs every start 170 ms (measured). Cached code is run, so the folder must be ours
// alone, and it is not the one that the reading process, which sees foreign bytes, may write to.
const user = process.getuid?.();
if (user !== undefined && process.env.NODE_DISABLE_COMPILE_CACHE === undefined) {
  try {
    const folder = join(tmpdir(), `hullcheck-command-compile-${user}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (stat.isDirectory() && stat.uid === user && (stat.mode & 0o077) === 0) module.enableCompileCache(folder);
  } catch {
    // No cache then: slower, and nothing else.
  }
}
await import('../src/main.ts');
