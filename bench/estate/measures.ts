import { readdirSync, readFileSync } from 'node:fs';

/** User and system time of these processes and all that descend from them and still live, in seconds. */
export function cpuSecondsOf(roots: readonly number[]): number {
  const parents = new Map<number, number>();
  const times = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields === undefined) continue;
    parents.set(Number(name), Number(fields[1]));
    // With the ended children that were waited for.
    times.set(
      Number(name),
      [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0),
    );
  }
  const isOurs = (pid: number): boolean => roots.includes(pid) || (parents.has(pid) && isOurs(parents.get(pid) ?? 0));
  return [...times].filter(([pid]) => isOurs(pid)).reduce((sum, [, ticks]) => sum + ticks, 0) / 100;
}

/** Of a process that lives; 0 where there is none. */
export function parentOf(pid: number): number {
  return Number(statOf(pid)?.[1] ?? 0);
}

/** Fields of /proc/PID/stat from the state on: 1 is the parent, 11 to 14 are ticks. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

/** `p50/p95/max ms of n` */
export function percentiles(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  return `${at(0.5)}/${at(0.95)}/${at(1)} ms of ${sorted.length}`;
}
