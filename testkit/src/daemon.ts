import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './material.ts';

/** A server process of a test. */
export interface Daemon {
  /** What it wrote so far, for the message of a failed test; bounded. */
  log(): string;
  /** Asks it to end, kills it after ten seconds, and waits until it is gone. */
  stop(): Promise<void>;
}

const LOG_CHARACTERS_MAX = 64 * 1024;

/** Starts a program and waits until `isReady` says so; fails with its log if it ends or takes longer than `readyMs`. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  isReady: () => Promise<boolean>,
  options: { readonly readyMs?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Daemon> {
  const child = spawn(findProgram(program) ?? program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let log = '';
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-LOG_CHARACTERS_MAX);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('error', (error) => keep(Buffer.from(String(error))));
  const daemon: Daemon = { log: () => log, stop: () => stopChild(child) };

  const deadline = Date.now() + (options.readyMs ?? 30_000);
  while (!(await isReady())) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`${program} ended at its start:\n${log}`);
    }
    if (Date.now() > deadline) {
      await daemon.stop();
      throw new Error(`${program} was not ready in time:\n${log}`);
    }
    await sleep(50);
  }
  return daemon;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}
