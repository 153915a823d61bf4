import { readFileSync } from 'node:fs';
import { readerLimits } from '../limits.ts';

export interface ProcessUsage {
  readonly rssBytes: number;
  /** User and system time of all threads. */
  readonly cpuMs: number;
}

/** Which limit of `readerLimits` a reading process with this usage has exceeded. */
export function exceededLimit({ rssBytes, cpuMs }: ProcessUsage): 'rssBytesMax' | 'cpuMs' | undefined {
  if (rssBytes > readerLimits.rssBytesMax) return 'rssBytesMax';
  return cpuMs > readerLimits.cpuMs ? 'cpuMs' : undefined;
}

/** Linux tells programs of 100 ticks a second, whatever its own clock has (`USER_HZ`, proc(5)). */
const TICK_MS = 10;

/** What a process uses, from proc(5); undefined when it is gone or the system has no /proc. */
export function readProcessUsage(pid: number): ProcessUsage | undefined {
  try {
    const [, rssKib] = /^VmRSS:\s+([0-9]{1,12}) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything: the rest is counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    // A process that has ended but was not waited for has no memory any more.
    if (rssKib === undefined || !Number.isSafeInteger(ticks)) return undefined;
    return { rssBytes: Number(rssKib) * 1024, cpuMs: ticks * TICK_MS };
  } catch {
    return undefined;
  }
}
