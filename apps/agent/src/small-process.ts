import { totalmem } from 'node:os';
import { clusterHeapMaxMb, clusterHeapShare } from './limits.ts';

/*
 * How the processes of an agent are started: it stays for years on somebody else's machine. V8 and the C library read this at
 * their start only. What each costs and saves is in bench/results/agent.md.
 */

/**
 * A young generation of 1 MiB instead of 16, as lists of thousands are made and thrown away; a heap that grows in small steps; one
 * thread for V8; no compilers, not even of unoptimized code; and garbage that can be collected when much was handled.
 */
export const smallProcessFlags: readonly string[] = [
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--heap-growing-percent=20',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--expose-gc',
];

/** Freed buffers go back to the system: of a report of 5 MB nothing stays. */
export const smallProcessEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '32768',
};

/** Of a host: 5,000 containers take some 20 MiB of it. */
const HOST_HEAP_MB = 384;

/**
 * The network half's heap, which holds the inventory. That of a cluster grows with the memory that its pod may have, as a cluster may
 * have 300,000 containers. The process that reads images has its own bounds (`readerLimits`), and both stay below the memory that the
 * installer's unit allows.
 */
export function networkHalfFlags(mode: string, memoryBytes: number): readonly string[] {
  const share = Math.floor((memoryBytes * clusterHeapShare) / (1024 * 1024));
  const heapMb = mode === 'cluster' ? Math.min(Math.max(HOST_HEAP_MB, share), clusterHeapMaxMb) : HOST_HEAP_MB;
  return [...smallProcessFlags, `--max-old-space-size=${heapMb}`];
}

/** What the machine or the control group of this process has. */
export function memoryHere(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
