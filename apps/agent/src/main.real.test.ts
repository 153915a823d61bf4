import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentReport } from '@hullcheck/contract';
import { type ContainerEngine, corpusArchive, dockerdAvailable, startDockerd } from '@hullcheck/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentOptions, runAgent } from './main.ts';
import { type Recorder, reportingTo, startRecorder, waitUntil } from './recorder.testing.ts';

const archive = corpusArchive('alpine-3.20');

describe.skipIf(!dockerdAvailable || archive === undefined)('the agent of a host with a real Docker engine', () => {
  let engine: ContainerEngine;
  let folder: string;
  let recorder: Recorder;
  let stop: AbortController;
  let running: Promise<void> | undefined;
  let log: string;
  let output: string;

  beforeAll(async () => {
    engine = await startDockerd();
    await engine.load(archive ?? '');
    await engine.start('corpus/alpine-3.20', 'steady', 'sleep', '600');
  });
  afterAll(async () => {
    await engine?.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hullcheck-agent-test-'));
    recorder = await startRecorder(folder);
    stop = new AbortController();
    [log, output, running] = ['', '', undefined];
  });
  afterEach(async () => {
    stop.abort();
    await running?.catch(() => undefined);
    await recorder.close();
    await rm(folder, { recursive: true });
  });

  const options = (more: Partial<AgentOptions> = {}): AgentOptions => ({
    ...reportingTo(recorder, folder),
    name: 'test-host',
    environment: { DOCKER_HOST: `unix://${engine.socketPath}`, SECRET: 'CANARY-environment' },
    uid: 0,
    write: (text) => {
      output += text;
    },
    log: (text) => {
      log += text;
    },
    signal: stop.signal,
    ...more,
  });

  const until = (condition: () => boolean, timeoutMs = 60_000) => waitUntil(condition, timeoutMs, () => log);

  it('enrols, reports images and running containers, and keeps its key to itself', async () => {
    await runAgent(options({ once: true }));
    expect(recorder.refusals).toEqual([]);
    const [report] = recorder.reports;
    expect(report).toMatchObject({
      full: true,
      sequence: 1,
      baseSequence: null,
      host: { name: 'test-host' },
      runtimes: expect.arrayContaining([expect.objectContaining({ kind: 'docker', state: 'readable' })]),
    });
    const image = report?.images.find(({ repoTags }) => repoTags.includes('corpus/alpine-3.20:latest'));
    expect(image).toMatchObject({
      idKind: 'config',
      configDigest: image?.id,
      platform: expect.stringContaining('linux/'),
    });
    const container = report?.containers.find(({ name }) => name === 'steady');
    expect(container).toMatchObject({
      state: 'running',
      imageKey: image?.key,
      started: expect.stringMatching(/^20/),
      exitCode: null,
    });
    for (const name of await readdir(join(folder, 'agent'))) {
      expect((await stat(join(folder, 'agent', name))).mode & 0o077).toBe(0);
    }
    const again = options({ once: true, readEnrollment: async () => Promise.reject(new Error('asked for a token')) });
    await runAgent(again);
    expect(recorder.reports.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('reads an image that the console wants and sends its layers, not the image', async () => {
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    const key = recorder.reports[0]?.images[0]?.key ?? '';
    recorder.next = { want: [{ imageKey: key, attempt: 'try-1' }] };
    await until(() => recorder.readings.length > 0);
    const [reading] = recorder.readings;
    expect(recorder.refusals).toEqual([]);
    expect(reading).toMatchObject({
      imageKey: key,
      attempt: 'try-1',
      configDigest: recorder.reports[0]?.images[0]?.id,
      problems: [],
    });
    const diffIds = reading?.layers.filter(({ empty }) => !empty).map(({ diffId }) => diffId);
    expect(recorder.layers.map(({ diffId }) => diffId)).toEqual(diffIds);
    expect(recorder.layers[0]?.evidence.map(({ path }) => path)).toContain('lib/apk/db/installed');
  });

  it('tells of its containers while it reads, and gives up what the console wants no more', async () => {
    running = runAgent(options());
    await until(() => recorder.reports.length > 1);
    const want = (attempt: string) => ({ imageKey: recorder.reports[0]?.images[0]?.key ?? '', attempt });
    const silence = Promise.withResolvers<void>();
    recorder.silentUntil = silence.promise;
    recorder.next = { nextReportSeconds: 2, want: [want('held'), want('behind')] };
    await until(() => recorder.bodies.some((body) => body.includes('"diffIds"')));
    await engine.start('corpus/alpine-3.20', 'beside', 'sleep', '600');
    try {
      await until(() => recorder.reports.some(({ containers }) => containers.some(({ name }) => name === 'beside')));
      expect(recorder.readings).toEqual([]);
    } finally {
      await engine.run('rm', '--force', 'beside');
    }
    const before = recorder.reports.length;
    recorder.next = { nextReportSeconds: 2, want: [] };
    await until(() => recorder.reports.length > before + 1);
    recorder.silentUntil = undefined;
    silence.resolve();
    recorder.next = { nextReportSeconds: 2, want: [want('later')] };
    await until(() => recorder.readings.length > 0);
    expect(recorder.readings.map(({ attempt }) => attempt)).toEqual(['later']);
    expect(recorder.bodies.filter((body) => body.includes('"held"') || body.includes('"behind"'))).toEqual([]);
    expect(log).not.toContain('could not read');
  });

  it('reads at low priority and under a ceiling of memory, without a service manager that sets them', async () => {
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args=']).toString();
    const half = /^\s*(\d+) .*network-half/m.exec(children)?.[1] ?? '';
    recorder.next = { want: [{ imageKey: recorder.reports[0]?.images[0]?.key ?? '', attempt: 'try-1' }] };
    const readers: string[] = [];
    while (recorder.readings.length === 0) {
      const found = spawnSync('ps', ['--ppid', half, '-L', '-o', 'ni=,args=']).stdout.toString().trim();
      readers.push(...found.split('\n').filter((line) => line.includes('/reading/child')));
      await sleep(10);
    }
    expect(readers.length).toBeGreaterThan(0);
    for (const reader of readers) expect(reader).toMatch(/^\s*(?:1\d) .*--max-old-space-size=\d+ /);
    const own = execFileSync('ps', ['-p', half, '-o', 'ni=,args=']).toString();
    expect(own).toMatch(/^\s*1\d .*--max-old-space-size=384 /);
  });

  it('says why an image that it was asked for could not be read', async () => {
    recorder.next = { want: [{ imageKey: `docker/sha256:${'0'.repeat(64)}`, attempt: 'try-2' }] };
    await runAgent(options({ once: true }));
    expect(recorder.bodies.some((body) => body.includes('"try-2"') && body.includes('"not-found"'))).toBe(true);
  });

  it('gives its network half no rights of root, no environment and only the filtered socket', async () => {
    if (process.getuid?.() !== 0) return;
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args=']).toString();
    const pid = /^\s*(\d+) .*network-half/m.exec(children)?.[1] ?? '';
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\t?\s*$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('CANARY');
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('T0KEN');
    const sockets = execFileSync('sh', ['-c', `ls -l /proc/${pid}/fd`]).toString();
    expect(sockets).not.toContain('docker.sock');
  });

  it('lets no value of an environment out of the host', async () => {
    await engine.run(
      'create',
      '--name',
      'secretive',
      '--network',
      'none',
      '--env',
      'P=CANARY-env',
      'corpus/alpine-3.20',
      'CANARY-command',
    );
    try {
      await runAgent(options({ once: true }));
      expect(recorder.reports[0]?.containers.map(({ name }) => name)).toContain('secretive');
      expect(recorder.bodies.join()).not.toContain('CANARY');
    } finally {
      await engine.run('rm', 'secretive');
    }
  });

  it('reports what happened while the console was away, when it is back', async () => {
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    recorder.state = 'away';
    await engine.start('corpus/alpine-3.20', 'meanwhile', 'sleep', '600');
    try {
      await until(() => /trying again/.test(log));
      const before = recorder.reports.length;
      recorder.state = 'here';
      await until(() =>
        recorder.reports.slice(before).some(({ containers }) => containers.some(({ name }) => name === 'meanwhile')),
      );
      const sequences = recorder.reports.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...sequences].toSorted((a, b) => a - b));
      expect(recorder.reports.at(-1)?.full).toBe(false);
    } finally {
      await engine.run('rm', '--force', 'meanwhile');
    }
    await until(() => recorder.reports.some(({ gone }) => gone.containers.length === 1));
  });

  it('reports a change by itself, long before the next report is due', async () => {
    recorder.next = { nextReportSeconds: 3600 };
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    await sleep(1000);
    await engine.start('corpus/alpine-3.20', 'newcomer', 'true');
    try {
      await until(
        () => recorder.reports.some(({ containers }) => containers.some(({ name }) => name === 'newcomer')),
        60_000,
      );
      const seen = recorder.reports.at(-1)?.containers.find(({ name }) => name === 'newcomer');
      expect(seen).toMatchObject({ state: 'exited', exitCode: 0, finished: expect.stringMatching(/^20/) });
    } finally {
      await engine.run('rm', '--force', 'newcomer');
    }
  });

  it('enrols again when the console forgot it and a token is at hand, and else says so', async () => {
    await runAgent(options({ once: true }));
    recorder.state = 'forgot the key';
    const without = runAgent(options({ once: true, readEnrollment: async () => undefined }));
    await expect(without).rejects.toMatchObject({ code: 'unauthenticated' });
    await runAgent(options({ once: true }));
    expect(log).toContain('enrolling again');
    expect(recorder.reports).toHaveLength(2);
  });

  it('trusts no other certificate than the pinned one, and none that is self-signed without a pin', async () => {
    const pin = '0'.repeat(64);
    await expect(runAgent(options({ once: true, pin }))).rejects.toMatchObject({ code: 'ssl-handshake' });
    const { pin: _, ...unpinned } = options({ once: true });
    await expect(runAgent(unpinned)).rejects.toMatchObject({ code: 'ssl-handshake' });
    expect(recorder.bodies).toEqual([]);
    await expect(
      runAgent(options({ once: true, readEnrollment: async () => ({ token: 'wrong' }) })),
    ).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(runAgent(options({ once: true, readEnrollment: async () => undefined }))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('prints what it would report, without a console', async () => {
    recorder.state = 'away';
    await runAgent(options({ dryRun: true }));
    const printed = JSON.parse(output) as AgentReport;
    expect(printed.images.some(({ repoTags }) => repoTags.includes('corpus/alpine-3.20:latest'))).toBe(true);
    expect(recorder.bodies).toEqual([]);
    await expect(stat(join(folder, 'agent'))).rejects.toThrow();
  });

  it('names an engine that it may not read, with the remedy', async () => {
    chmodSync(engine.socketPath, 0o660);
    chmodSync(join(engine.socketPath, '..'), 0o711);
    const script = `
      const { runAgent } = await import(${JSON.stringify(join(import.meta.dirname, 'main.ts'))});
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      await runAgent({ server: '', dataDir: '/nonexistent', readEnrollment: async () => undefined, once: true, dryRun: true, version: '1',
        environment: { DOCKER_HOST: 'unix://${engine.socketPath}' }, uid: 65534, labels: [], source: { mode: 'inventory+read' }, write: (text) => process.stdout.write(text),
        log: (text) => process.stderr.write(text), signal: AbortSignal.timeout(20000) });`;
    const printed = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: '/' }).toString(),
    ) as AgentReport;
    expect(printed.runtimes[0]).toMatchObject({
      kind: 'docker',
      state: 'forbidden',
      remedy: expect.stringMatching(/usermod|sudo/),
    });
  });
});
