import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort, findProgram, repositoryRoot, type StartedHullcheck, startHullcheck } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);
const token = 'install-agent-bootstrap-token-0123456789';
// In a checkout `npm run up` and `npm test` build it.
const isBuilt = existsSync(join(repositoryRoot, 'dist', 'program', 'lib', 'main.js'));

describe.skipIf(findProgram('curl') === undefined || !isBuilt)(
  'the command of Add host, on a host that has nothing',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'hullcheck-install-'));
    let console_: StartedHullcheck;
    let origin: string;

    const call = async (method: string, path: string): Promise<unknown> => {
      const { stdout } = await execute('curl', [
        '-sk',
        '-X',
        method,
        '-H',
        `authorization: Bearer ${token}`,
        `${origin}${path}`,
      ]);
      return JSON.parse(stdout);
    };
    const enrollment = () =>
      call('POST', '/api/v1/agents/enrollments') as Promise<{ token: string; command: string; install: string }>;
    const agents = async () =>
      ((await call('GET', '/api/v1/agents')) as { items: { name: string; version: string }[] }).items;

    /** A host with Debian's programs and no Node of its own, where everything goes below one folder. */
    const host = (name: string) => {
      const home = join(folder, name);
      mkdirSync(home);
      const env = {
        PATH: '/usr/bin:/bin',
        HOME: home,
        DOCKER_HOST: 'unix:///nowhere.sock',
        HULLCHECK_AGENT_PREFIX: join(home, 'program'),
        HULLCHECK_AGENT_STATE: join(home, 'state'),
        HULLCHECK_AGENT_UNITS: join(home, 'units'),
      };
      return {
        home,
        run: async (line: string, more: Record<string, string> = {}) => {
          // The arguments that the page's command lacks: where it goes, and that no service is wanted here.
          const shell = spawn(
            '/bin/sh',
            ['-c', line.replace('sudo sh hullcheck-install.sh', `sh hullcheck-install.sh --no-service --name ${name}`)],
            {
              cwd: home,
              env: { ...env, ...more },
              stdio: ['ignore', 'pipe', 'pipe'],
              // No terminal, so that a question would fail at once.
              detached: true,
            },
          );
          let said = '';
          shell.stdout.on('data', (text) => (said += String(text)));
          shell.stderr.on('data', (text) => (said += String(text)));
          const code = await new Promise((resolve) => shell.once('close', resolve));
          return { code, said };
        },
      };
    };

    beforeAll(async () => {
      const port = await findFreePort();
      console_ = startHullcheck(
        ['console', '--data', join(folder, 'console'), '--listen', `0.0.0.0:${port}`, '--offline'],
        {
          env: { HULLCHECK_BOOTSTRAP_TOKEN: token },
        },
      );
      await console_.until(/Hullcheck is at https:/, 120_000);
      origin = `https://127.0.0.1:${port}`;
    });
    afterAll(async () => {
      await console_?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('installs Node and agent, enrols, reports, upgrades without a token, and removes itself', async () => {
      const { token: enrolment, install, command } = await enrollment();
      expect(install).not.toContain(enrolment);
      expect(command).not.toContain(enrolment);
      expect(install).toContain(`${origin}/agent/install.sh`);
      expect(install).toMatch(/--pinnedpubkey sha256\/\/\S{44} /);
      const bare = host('bare-1');
      const asked = await bare.run(install);
      expect(asked.code).not.toBe(0);
      expect(asked.said).toContain('no terminal to ask for the enrolment token');

      const first = await bare.run(install, { HULLCHECK_ENROLL_TOKEN: enrolment });
      expect(first).toMatchObject({ code: 0 });
      expect((await agents()).map(({ name }) => name)).toContain('bare-1');
      expect(statSync(join(bare.home, 'state')).mode & 0o077).toBe(0);
      expect(first.said).not.toContain(enrolment);
      // What was installed is this very program with the console's Node.
      const { stdout } = await execute(join(bare.home, 'program', 'current', 'hullcheck'), ['--version']);
      expect(stdout.trim()).toBe(JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')).version);

      const second = await bare.run(install);
      expect(second).toMatchObject({ code: 0 });
      expect(await agents()).toHaveLength(1);
      expect(readdirSync(join(bare.home, 'program', 'releases'))).toHaveLength(1);

      const removed = await bare.run('sh hullcheck-install.sh --remove');
      expect(removed).toMatchObject({ code: 0 });
      expect(existsSync(join(bare.home, 'program'))).toBe(false);
      expect(existsSync(join(bare.home, 'state'))).toBe(false);
    });

    it('takes a token from a file', async () => {
      const { token: enrolment, install } = await enrollment();
      const bare = host('bare-2');
      writeFileSync(join(bare.home, 'token'), `${enrolment}\n`, { mode: 0o600 });
      const run = await bare.run(install, { HULLCHECK_ENROLL_TOKEN_FILE: join(bare.home, 'token') });
      expect(run).toMatchObject({ code: 0 });
      expect((await agents()).map(({ name }) => name)).toContain('bare-2');
    });

    it('takes nothing from somebody with another certificate, nor a script or program that was changed on the way', async () => {
      const { token: enrolment, install } = await enrollment();
      const bare = host('bare-3');
      const env = { HULLCHECK_ENROLL_TOKEN: enrolment };
      const otherKey = install.replace(/sha256\/\/\S{44}/, `sha256//${'A'.repeat(43)}=`);
      expect(await bare.run(otherKey, env)).toMatchObject({ code: expect.toSatisfy((code) => code !== 0) });
      expect(existsSync(join(bare.home, 'program'))).toBe(false);

      const otherScript = install.replace(/echo '[0-9a-f]{64}/, `echo '${'0'.repeat(64)}`);
      expect((await bare.run(otherScript, env)).code).not.toBe(0);
      expect(existsSync(join(bare.home, 'program'))).toBe(false);

      // A script whose program has another checksum than the one it names.
      const script = readFileSync(join(bare.home, 'hullcheck-install.sh'), 'utf8');
      writeFileSync(
        join(bare.home, 'changed.sh'),
        script.replace(/PACKAGE_SHA256='[0-9a-f]{64}'/, `PACKAGE_SHA256='${'1'.repeat(64)}'`),
      );
      const changed = await bare.run('sh changed.sh --no-service', env);
      expect(changed.code).not.toBe(0);
      expect(changed.said).toContain('is not the file that the console said it would be');
      expect(readdirSync(join(bare.home, 'program', 'releases'))).toEqual([]);
      expect((await agents()).map(({ name }) => name)).not.toContain('bare-3');
    });

    it('is a script that every shell of a bare host reads', async () => {
      const path = join(repositoryRoot, 'apps', 'console', 'src', 'agent-install', 'install.sh');
      for (const shell of ['dash', 'bash', 'busybox'].filter((name) => findProgram(name) !== undefined))
        await execute(shell, [...(shell === 'busybox' ? ['sh'] : []), '-n', path]);
    });
  },
);
