import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, startHullcheck } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';

/** Processes whose arguments name this folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(join('/proc', entry, 'cmdline'), 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

describe('the agent that a console starts for its own host', () => {
  it('reports also to a certificate that the console made for itself, and goes with a console that is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hullcheck-up-'));
    const port = await findFreePort();
    const start = () =>
      startHullcheck(['up', '--data', folder, '--listen', `0.0.0.0:${port}`, '--offline'], {
        env: { DOCKER_HOST: 'unix:///nowhere.sock' },
      });
    try {
      const first = start();
      await first.until(/Hullcheck is at https:/, 90_000);
      await first.until(/hullcheck agent: reported/, 60_000);
      const agents = processesOf(join(folder, 'agent'));
      expect(agents).toHaveLength(1);
      await first.kill();
      for (let tries = 0; tries < 100 && processesOf(join(folder, 'agent')).length > 0; tries += 1) await sleep(100);
      expect(processesOf(join(folder, 'agent'))).toEqual([]);
      const second = start();
      await second.until(/hullcheck agent: reported/, 90_000);
      expect(await second.stop()).toBe(0);
      expect(processesOf(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
