import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '..', '..');
const command = join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');
const OUTPUT_CHARACTERS_MAX = 64 * 1024 * 1024;

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: Uint8Array | string;
  readonly timeoutMs?: number;
  /** What is started instead of the checkout's own command. */
  readonly program?: string;
  /** What starts it, as `ip netns exec NAME`; only for commands that go on. */
  readonly within?: readonly string[];
}

/** An environment without settings of the machine that runs the tests. */
const baseEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(?:HULLCHECK|DOCKER|NODE_OPTIONS|VITEST|FORCE_COLOR|CI$)/.test(entry[0]),
    ),
  );

/** Runs one `hullcheck` command to its end. */
export async function runHullcheck(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(process.execPath, [options.program ?? command, ...args], {
    cwd: options.cwd ?? repositoryRoot,
    env: { ...baseEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < OUTPUT_CHARACTERS_MAX) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < OUTPUT_CHARACTERS_MAX) stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}

export interface StartedHullcheck {
  readonly process: ChildProcess;
  /** Everything that it printed so far, both streams. */
  output(): string;
  /** Resolves with the match once the output holds one; rejects when the process ends first or time is up. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** SIGTERM and wait; SIGKILL after the time. */
  stop(timeoutMs?: number): Promise<number>;
  kill(): Promise<void>;
}

/** Starts a `hullcheck` command that goes on: console, agent, up. */
export function startHullcheck(args: readonly string[], options: RunOptions = {}): StartedHullcheck {
  const [file = '', ...more] = [...(options.within ?? []), process.execPath, options.program ?? command, ...args];
  const child = spawn(file, more, {
    cwd: options.cwd ?? repositoryRoot,
    env: { ...baseEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const add = (text: string) => {
    if (output.length < OUTPUT_CHARACTERS_MAX) output += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', add);
  child.stderr.setEncoding('utf8').on('data', add);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = once(child, 'close').then(() => {
    for (const listener of listeners) listener();
  });
  return {
    process: child,
    output: () => output,
    until: (pattern, timeoutMs = 120_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no ${pattern} within ${timeoutMs} ms in:\n${output}`))),
          timeoutMs,
        );
        const finish = (end: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          end();
        };
        const look = () => {
          const match = pattern.exec(output);
          if (match !== null) finish(() => resolve(match));
          else if (child.exitCode !== null || child.signalCode !== null)
            finish(() => reject(new Error(`it ended before ${pattern}:\n${output}`)));
        };
        listeners.add(look);
        look();
      }),
    async stop(timeoutMs = 40_000) {
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
      return child.exitCode ?? -1;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
