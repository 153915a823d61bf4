/* Who ends a reading process whose own threads are all inside a parser that never ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTar } from '../layers/testdata/write-tar.ts';
import { layerLimits } from '../limits.ts';
import type { Task } from './protocol.ts';
import { spawnReader, watchedByParent } from './spawn-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hostile = new URL('./testdata/hostile-analyzers.ts', import.meta.url);

function acting(action: string): Task {
  const path = join(folder, action);
  writeFileSync(path, writeTar({ name: `act/${action}`, body: 'x' }));
  const zstdWindowLog = layerLimits.zstdWindowLogParallel;
  return { kind: 'file', id: 0, lane: 0, path, offset: 0, length: statSync(path).size, zstdWindowLog };
}

/** As `spawnReader` starts it where the parent can't watch. */
const selfWatching = [
  ['--permission', '--allow-worker', '--allow-fs-read=*', '--disable-warning=SecurityWarning'],
  [join(import.meta.dirname, 'child.ts'), hostile.href, tmpdir(), 'file', 'self'],
].flat();

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a reading process', () => {
  it.skipIf(!watchedByParent)('has its CPU limited by the kernel too, and leaves no core dump', async () => {
    const child = spawnReader({ lanes: 1, bytes: 'file', catalogueUrl: hostile });
    try {
      child.send(acting('loop'));
      // The shell sets them one after another.
      const limits = () => readFileSync(`/proc/${child.pid}/limits`, 'latin1');
      await expect.poll(limits).toMatch(/^Max core file size +0 +0 /m);
      expect(limits()).toMatch(/^Max cpu time +130 +130 /m);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('that watches itself says which limit it exceeded, and ends', async () => {
    const child = spawn(process.execPath, selfWatching, {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.send(acting('hoard'));
    const [, signal]: unknown[] = await once(child, 'close');
    expect({ said, signal }).toEqual({ said: 'reader over rssBytesMax\n', signal: 'SIGKILL' });
  });

  it('that watches itself ends when its parent is killed, whatever its parser does', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ${JSON.stringify(selfWatching)}, { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'] });
      child.send(${JSON.stringify(acting('loop'))});
      setTimeout(() => process.send(child.pid), 1500);`;
    const parent: ChildProcess = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [pid]: unknown[] = await once(parent, 'message');
    expect(isAlive(Number(pid))).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(Number(pid)), { timeout: 10_000 }).toBe(false);
  });
});
