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

// The agent stays for years on somebody else's machine: a young generation of 1 MiB instead of 16, a heap that grows in small
// steps and memory that goes back to the system halve what it holds after 7,000 inspections (bench/results/agent.md). V8 takes the flag at its start only, so this process begins again in its own
// place, with the same id and descriptors; with a channel to whoever started it, that one has given the flags.
// Optimizing compilers would take 10 MiB more in each half and save such a host six seconds of CPU, once.
const smallHeap = [
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--heap-growing-percent=20',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
  '--expose-gc',
];
const smallArenas = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '131072' };
if (process.argv[2] === 'agent' && process.channel === undefined && process.platform === 'linux' && process.execve) {
  if (!smallHeap.every((flag) => process.execArgv.includes(flag)))
    process.execve(process.execPath, [process.execPath, ...smallHeap, ...process.execArgv, ...process.argv.slice(1)], {
      ...process.env,
      ...smallArenas,
    });
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
