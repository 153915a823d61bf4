import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readerLimits } from '../limits.ts';
import { findCompileCacheFolder } from './compile-cache.ts';
import { LANE_DESCRIPTOR_FIRST } from './protocol.ts';

export interface SpawnOptions {
  /** Lanes that may be used. */
  readonly lanes: number;
  /** How the first layer will come, so that what it needs is ready when it does. */
  readonly bytes: 'file' | 'stream';
  /** Module that exports `analyzers`; tests name one of their own. */
  readonly catalogueUrl?: URL;
}

/** Beyond `cpuMs`, so that where the parent lives its message comes first. */
const KERNEL_CPU_SECONDS = readerLimits.cpuMs / 1000 + 10;
const SHELL = '/bin/sh';
/** No core dump: it would hold foreign bytes and outlive us. The variables are those that shells add to an empty environment. */
const LIMITED = `ulimit -t ${KERNEL_CPU_SECONDS}; ulimit -c 0; unset PWD OLDPWD SHLVL _; exec "$@"`;

/**
 * Whether this process can watch the reading one. The kernel's limit is for the case that this process is killed: the
 * reading thread, inside a parser that never ends, would not notice.
 */
export const watchedByParent: boolean =
  process.platform === 'linux' && existsSync('/proc/self/status') && existsSync(SHELL);

/** Starts the reading process; it waits for tasks. */
export function spawnReader({ lanes, bytes, catalogueUrl }: SpawnOptions): ChildProcess {
  const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const spillFolder = tmpdir();
  const cacheFolder = findCompileCacheFolder();
  const command = [
    process.execPath,
    `--max-old-space-size=${readerLimits.threadHeapMiB}`,
    `--max-semi-space-size=${readerLimits.semiSpaceMiB}`,
    // Heaps are small here: handing their collection to other threads costs more than it saves (8 ms of CPU, measured).
    '--single-threaded-gc',
    // Pages that a collection has freed go back at once: 30 MB less at the peak, for 3 % more CPU (measured).
    '--optimize-for-size',
    '--permission',
    '--allow-worker',
    '--allow-fs-read=*',
    `--allow-fs-write=${join(spillFolder, 'hullcheck-spill-*')}`,
    ...(cacheFolder === undefined ? [] : [`--allow-fs-write=${join(cacheFolder, '*')}`]),
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(new URL(`./child.${suffix}`, import.meta.url)),
    catalogueUrl?.href ?? '',
    spillFolder,
    bytes,
    watchedByParent ? 'parent' : 'self',
  ];
  const limited = [SHELL, '-c', LIMITED, SHELL, ...command];
  const [program = '', ...args] = watchedByParent ? limited : command;
  const child = spawn(program, args, {
    // No environment but this: no credential of this process is within reach of a parser. One allocation arena, because
    // glibc otherwise keeps one per thread (10 MB less, measured).
    env: { MALLOC_ARENA_MAX: '1', ...(cacheFolder === undefined ? {} : { NODE_COMPILE_CACHE: cacheFolder }) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...Array.from({ length: lanes }, () => 'pipe' as const)],
    serialization: 'json',
  });
  // A pipe that breaks is the exit of the child, which has its own event.
  for (const pipe of child.stdio.slice(LANE_DESCRIPTOR_FIRST)) pipe?.on('error', () => undefined);
  return child;
}
