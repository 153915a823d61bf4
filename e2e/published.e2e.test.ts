/* What npm would publish: built, packed, installed into a folder of its own, and run from there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  corpusArchive,
  corpusLayout,
  findFreePort,
  repositoryRoot,
  runHullcheck,
  startHullcheck,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const alpine = corpusLayout('alpine-3.20');
const archive = corpusArchive('alpine-3.20');
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-published-'));
  const npm = (...args: readonly string[]) =>
    execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      encoding: 'utf8',
    });
  const built = execFileSync(process.execPath, [join(repositoryRoot, 'tools', 'build', 'package.ts')], {
    encoding: 'utf8',
  }).trim();
  const [packed]: { filename: string }[] = JSON.parse(npm('pack', '--json', built));
  if (packed === undefined) throw new Error('npm packed nothing');
  npm('install', '--global', '--prefix', join(folder, 'prefix'), '--prefer-offline', join(folder, packed.filename));
  program = join(folder, 'prefix', 'bin', 'hullcheck');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runHullcheck(args, { program, cwd: folder, env: { HOME: folder } });

describe('the published package', () => {
  it('is a program that says its version and its commands', async () => {
    const { version }: { version: string } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
    for (const command of ['console', 'agent', 'db'])
      expect(await run(command, '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage') });
    expect(await run('versions', 'compare', 'deb', '1.0', '1.1')).toMatchObject({ code: 0, stdout: '<\n' });
  });

  it('holds JavaScript only, and the terms of what is in its chunks', () => {
    const home = join(realpathSync(program), '..', '..');
    const lib = readdirSync(join(home, 'lib'));
    expect(lib).toContain('child.js');
    expect(lib.filter((name) => name.endsWith('.ts'))).toEqual([]);
    expect(readFileSync(join(home, 'THIRD-PARTY-NOTICES'), 'utf8')).toMatch(/^zod [\d.]+ \(MIT\)$/m);
    expect(statSync(join(home, 'web', 'licenses.md')).size).toBeGreaterThan(1000);
  });

  it.skipIf(alpine === undefined)('judges an image, in the reading process too', async () => {
    const result = await run('scan', `oci-dir:${alpine}`, '--offline', '-q', '-f', 'json', '--cache', 'cache');
    expect(result.stderr).toBe('');
    const report = JSON.parse(result.stdout);
    expect(report.packages).toContainEqual(expect.objectContaining({ name: 'musl', version: '1.2.5-r0' }));
    expect(report.findings).toContainEqual(expect.objectContaining({ id: 'CVE-2025-26519' }));
  });

  it.skipIf(archive === undefined)('judges an archive as it comes, on a thread of the reading process', async () => {
    const input = readFileSync(archive ?? '');
    const args = ['scan', '-', '--offline', '-q', '-f', 'json', '--cache', 'cache'];
    const result = await runHullcheck(args, { program, cwd: folder, env: { HOME: folder }, input });
    expect(JSON.parse(result.stdout).packages).toContainEqual(expect.objectContaining({ name: 'musl' }));
  });

  it('serves the console with its pages, from the embedded database', async () => {
    const port = await findFreePort();
    const args = ['console', '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'data'), '--offline'];
    const console_ = startHullcheck(args, { program, cwd: folder, env: { HOME: folder } });
    try {
      await console_.until(/Hullcheck is at/);
      const page = await fetch(`http://127.0.0.1:${port}/`);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<title>Hullcheck');
    } finally {
      await console_.stop();
    }
  });

  it('starts both halves of the agent without what Node loads for an import of node:http, and one without TLS', () => {
    const home = join(realpathSync(program), '..', '..');
    const tell =
      'process.on("exit",()=>process.stdout.write("\\n"+JSON.stringify([process.argv[1],...process.moduleLoadList])))';
    const builtInsOf = (...args: readonly string[]): readonly string[] => {
      const run = spawnSync(
        process.execPath,
        [
          '--import',
          `data:text/javascript,${encodeURIComponent(tell)}`,
          join(home, ...args.slice(0, 2)),
          ...args.slice(2),
        ],
        {
          env: { PATH: process.env.PATH, DOCKER_HOST: `unix://${folder}/nowhere.sock` },
          input: '',
          encoding: 'utf8',
          stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        },
      );
      const names: readonly string[] = JSON.parse(run.stdout.split('\n').at(-1) ?? '');
      return names.map((name) => name.replace('NativeModule ', ''));
    };
    const sockets = builtInsOf('bin', 'hullcheck.mjs', 'agent', '--server', 'https://console.test', '--dry-run');
    const network = builtInsOf('lib', 'network-half.js');
    expect([sockets.includes('http'), network.includes('https')]).toEqual([true, true]);
    // The program of all commands is gone: 2 MiB of the half that stays for years.
    expect(sockets[0]).toBe(join(home, 'lib', 'agent-process.js'));
    // 6 MiB of each half (bench/results/agent.md).
    for (const loaded of [sockets, network]) expect(loaded).not.toContain('internal/deps/undici/undici');
    for (const name of ['https', 'tls', 'http2']) expect(sockets).not.toContain(name);
    expect(network).not.toContain('http2');
  });
});
