import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, type ScriptedServer, startScriptedServer } from '@hullcheck/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { installScript } from './script.ts';

const execute = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** Stands for the agent: says its version, and enrols by writing down with whom. */
const programOf = (version: string) => `import { writeFileSync } from 'node:fs';
const { argv } = process;
const after = (flag) => argv[argv.indexOf(flag) + 1];
if (argv.includes('--version')) console.log('${version}');
if (argv.includes('--once')) {
  for await (const line of process.stdin) if (!String(line).startsWith('T0KEN')) process.exit(1);
  writeFileSync(after('--data') + '/identity.json', JSON.stringify({ server: after('--server') }));
}
`;

describe.skipIf(findProgram('curl') === undefined)('the script that installs the agent', { timeout: 120_000 }, () => {
  let server: ScriptedServer;
  const archives = new Map<string, Buffer>();
  /** The version that the console has now. */
  let offered = '';
  let folder: string;

  beforeAll(async () => {
    server = await startScriptedServer((request, response) => {
      const archive = request.url === '/agent/hullcheck.tar.gz' ? archives.get(offered) : undefined;
      response.writeHead(archive === undefined ? 404 : 200).end(archive);
    });
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hullcheck-install-'));
    await chmod(folder, 0o755);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function pack(version: string): Promise<Buffer> {
    const source = join(folder, `program-${version}`);
    await mkdir(join(source, 'bin'), { recursive: true });
    await writeFile(join(source, 'bin', 'hullcheck.mjs'), programOf(version));
    const packed = join(folder, `${version}.tar.gz`);
    await execute('tar', ['-czf', packed, '-C', source, '.']);
    return await readFile(packed);
  }

  /** The script of a console of this version. */
  async function scriptOf(version: string): Promise<string> {
    const archive = archives.get(version) ?? (await pack(version));
    archives.set(version, archive);
    offered = version;
    const packageSha256 = createHash('sha256').update(archive).digest('hex');
    const facts = { server: server.origin, pin: null, publicKeyPin: null, version, packageSha256, runtimes: new Map() };
    const path = join(folder, 'install.sh');
    await writeFile(path, installScript(facts));
    return path;
  }

  /** A host below one folder, with a service manager that only notes what it is told. */
  async function makeHost(uid?: number) {
    const home = join(folder, 'host');
    const at = (name: string) => join(home, name);
    for (const name of ['bin', 'units', 'systemd']) await mkdir(at(name), { recursive: true });
    await writeFile(at('bin/systemctl'), `#!/bin/sh\necho "$*" >>${at('told')}\n`, { mode: 0o755 });
    if (uid !== undefined) for (const name of ['', 'units']) await chown(at(name), uid, uid);
    const env = {
      PATH: `${at('bin')}:${dirname(await realpath(process.execPath))}:/usr/bin:/bin`,
      HOME: home,
      HULLCHECK_AGENT_PREFIX: at('program'),
      HULLCHECK_AGENT_STATE: at('state'),
      HULLCHECK_AGENT_UNITS: at('units'),
      HULLCHECK_AGENT_SYSTEMD: at('systemd'),
    };
    const run = async (script: string, args: readonly string[] = [], more: Record<string, string> = {}) => {
      const who = uid === undefined ? {} : { uid, gid: uid };
      const shell = spawn('/bin/sh', [script, ...args], {
        cwd: home,
        env: { ...env, ...more },
        detached: true,
        ...who,
      });
      let said = '';
      for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (text) => (said += String(text)));
      shell.stdin.end();
      return { code: await new Promise((resolve) => shell.once('close', resolve)), said };
    };
    const versionOf = async (release: string) =>
      (await execute(join(release, 'node'), [join(release, 'bin', 'hullcheck.mjs'), '--version'])).stdout.trim();
    return {
      at,
      run,
      told: () => readFile(at('told'), 'utf8').catch(() => ''),
      current: async () => versionOf(await readlink(at('program/current'))),
      releases: async () =>
        (
          await Promise.all(
            (await readdir(at('program/releases'))).map((name) => versionOf(at(`program/releases/${name}`))),
          )
        ).toSorted((a, b) => (a < b ? -1 : 1)),
    };
  }

  it('goes from version to version without a token, and keeps the one before to go back to', async () => {
    const host = await makeHost();
    const first = await scriptOf('1.0.0');
    expect(await host.run(first, [], { HULLCHECK_ENROLL_TOKEN: 'T0KEN' })).toMatchObject({ code: 0 });
    expect([await host.current(), await host.releases()]).toEqual(['1.0.0', ['1.0.0']]);
    const identity = await readFile(host.at('state/identity.json'), 'utf8');

    expect(await host.run(await scriptOf('1.1.0'))).toMatchObject({ code: 0 });
    expect([await host.current(), await host.releases()]).toEqual(['1.1.0', ['1.0.0', '1.1.0']]);
    expect(await host.run(await scriptOf('1.2.0'))).toMatchObject({ code: 0 });
    expect([await host.current(), await host.releases()]).toEqual(['1.2.0', ['1.1.0', '1.2.0']]);
    expect(await readFile(host.at('state/identity.json'), 'utf8')).toBe(identity);
    // The same again: what was before it stays before it.
    expect(await host.run(await scriptOf('1.2.0'))).toMatchObject({ code: 0 });
    expect([await host.current(), await host.releases()]).toEqual(['1.2.0', ['1.1.0', '1.2.0']]);
    // And back.
    expect(await host.run(await scriptOf('1.1.0'))).toMatchObject({ code: 0 });
    expect([await host.current(), await host.releases()]).toEqual(['1.1.0', ['1.1.0', '1.2.0']]);
    expect((await host.told()).match(/^restart hullcheck-agent\.service$/gm)).toHaveLength(5);
    expect(await readdir(host.at('units'))).toEqual(['hullcheck-agent.service']);
  });

  it('leaves what runs as it is where the new version does not come whole', async () => {
    const host = await makeHost();
    await host.run(await scriptOf('1.0.0'), [], { HULLCHECK_ENROLL_TOKEN: 'T0KEN' });
    const script = await scriptOf('1.1.0');
    archives.set('1.1.0', Buffer.from('something else'));
    onTestFinished(() => void archives.delete('1.1.0'));
    const { code, said } = await host.run(script);
    expect(code).not.toBe(0);
    expect(said).toContain('is not the file that the console said it would be');
    expect([await host.current(), await host.releases()]).toEqual(['1.0.0', ['1.0.0']]);
    expect((await host.told()).match(/^restart /gm)).toHaveLength(1);
  });

  describe.skipIf(findProgram('systemd-analyze') === undefined)('makes a service that systemd takes', () => {
    const cases = [
      ['of the system', isRoot ? undefined : null, ['verify']],
      ['of a user', isRoot ? NOBODY : undefined, ['verify', '--user']],
    ] as const;
    it.each(cases.filter(([, uid]) => uid !== null))('%s', async (_, uid, verify) => {
      const host = await makeHost(uid ?? undefined);
      const script = await scriptOf('1.0.0');
      const installed = await host.run(script, ['--name', 'web-1'], { HULLCHECK_ENROLL_TOKEN: 'T0KEN' });
      expect(installed).toMatchObject({ code: 0 });
      const unit = host.at('units/hullcheck-agent.service');
      const verified = async () => {
        const env = { ...process.env, XDG_RUNTIME_DIR: folder, SYSTEMD_LOG_LEVEL: 'notice' };
        const done = await execute('systemd-analyze', [...verify, unit], { env }).then(
          ({ stderr }) => ({ code: 0, stderr }),
          ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
        );
        // What it has to say of other units of this machine is not about this one.
        return { code: done.code, said: done.stderr.split('\n').filter((line) => line.includes('hullcheck-agent')) };
      };
      expect(await verified()).toEqual({ code: 0, said: [] });
      // It would say so of a setting that it does not know, and of a program that is not there.
      const text = await readFile(unit, 'utf8');
      await writeFile(unit, text.replace('MemoryMax=', 'MemoryMost='));
      expect((await verified()).said.join()).toContain('MemoryMost');
      await writeFile(unit, text.replace('/current/hullcheck ', '/current/nothing '));
      expect((await verified()).said.join()).toContain('nothing');
      const removed = await host.run(script, ['--remove']);
      expect(removed).toMatchObject({ code: 0 });
      expect(await readdir(host.at('units'))).toEqual([]);
      expect(await host.told()).toContain('disable --now hullcheck-agent.service');
    });
  });
});
