import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Measured {
  readonly wallSeconds: number;
  /** User and system time of the process and all children it waited for. */
  readonly cpuSeconds: number;
  /** Largest resident set of all its processes together, MiB, sampled: what each maps of a shared file counts for each. */
  readonly peakMiB: number;
  /** The same with the largest of what they map of files counted once: two processes of one program share its pages. */
  readonly peakOnceMiB: number;
  readonly exitCode: number;
}

/** CPU by the kernel's own accounting of a finished process (wait4), which Node does not hand out for children. */
const ACCOUNT = `
import os, sys, threading, time
started = time.monotonic()
child = os.fork()
if child == 0:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1); os.dup2(null, 2)
    os.execvp(sys.argv[1], sys.argv[1:])
peak = once = 0
ended = threading.Event()
def processes():
    found = [child]
    for process in found:
        for thread in os.listdir(f'/proc/{process}/task'):
            found.extend(int(word) for word in open(f'/proc/{process}/task/{thread}/children').read().split())
    return found
def watch():
    global peak, once
    while not ended.wait(0.02):
        try:
            anonymous, files = 0, [0]
            for process in processes():
                lines = dict(line.split(':', 1) for line in open(f'/proc/{process}/status') if line.startswith('Rss'))
                size = {name: int(text.split()[0]) for name, text in lines.items()}
                anonymous += size.get('RssAnon', 0)
                files.append(size.get('RssFile', 0) + size.get('RssShmem', 0))
            peak, once = max(peak, anonymous + sum(files)), max(once, anonymous + max(files))
        except (OSError, ValueError):
            pass
watcher = threading.Thread(target=watch)
watcher.start()
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - started
ended.set()
watcher.join()
print(wall, usage.ru_utime + usage.ru_stime, peak / 1024, once / 1024, os.waitstatus_to_exitcode(status))
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
  const [
    wallSeconds = Number.NaN,
    cpuSeconds = Number.NaN,
    peakMiB = Number.NaN,
    peakOnceMiB = Number.NaN,
    exitCode = -1,
  ] = text.trim().split(' ').map(Number);
  return { wallSeconds, cpuSeconds, peakMiB, peakOnceMiB, exitCode };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
