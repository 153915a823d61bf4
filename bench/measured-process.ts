import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Measured {
  readonly wallSeconds: number;
  /** User and system time of the process and all children it waited for. */
  readonly cpuSeconds: number;
  /** Largest resident set of any single process, MiB. */
  readonly peakMiB: number;
  readonly exitCode: number;
}

/** The kernel's own accounting of a finished process (wait4), which Node does not hand out for children. */
const ACCOUNT = `
import os, sys, time
started = time.monotonic()
child = os.fork()
if child == 0:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1); os.dup2(null, 2)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
`;

/** Runs a command to its end with its output thrown away. */
export async function measureProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const child = spawn('python3', ['-c', ACCOUNT, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  const [wallSeconds = Number.NaN, cpuSeconds = Number.NaN, peakMiB = Number.NaN, exitCode = -1] = text
    .trim()
    .split(' ')
    .map(Number);
  return { wallSeconds, cpuSeconds, peakMiB, exitCode };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
