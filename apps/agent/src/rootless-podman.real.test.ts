import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentReport } from '@hullcheck/contract';
import { corpusArchive, isRootlessPodmanAvailable, type RootlessPodman, startRootlessPodman } from '@hullcheck/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentOptions, runAgent } from './main.ts';
import { type Recorder, reportingTo, startRecorder, waitUntil } from './recorder.testing.ts';

const execute = promisify(execFile);
const archive = corpusArchive('alpine-3.20');
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRootlessPodmanAvailable() || archive === undefined)('Podman of ordinary users', () => {
  let ada: RootlessPodman;
  let bob: RootlessPodman | undefined;
  let folder: string;
  let recorder: Recorder;
  let stop: AbortController;
  let running: Promise<void> | undefined;
  let log: string;

  beforeAll(async () => {
    ada = await startRootlessPodman();
    await ada.load(archive ?? '');
    await ada.start('corpus/alpine-3.20', 'of-ada', 'sleep', '600');
    // As anyone but root there is one user, who is running this.
    if (!isRoot) return;
    bob = await startRootlessPodman();
    await bob.load(archive ?? '');
    await bob.run('create', '--network', 'none', '--name', 'of-bob', 'corpus/alpine-3.20', 'true');
  });
  afterAll(async () => {
    await ada?.stop();
    await bob?.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hullcheck-rootless-agent-'));
    recorder = await startRecorder(folder);
    stop = new AbortController();
    [log, running] = ['', undefined];
  });
  afterEach(async () => {
    stop.abort();
    await running?.catch(() => undefined);
    await recorder.close();
    await rm(folder, { recursive: true });
  });

  const options = (more: Partial<AgentOptions> = {}): AgentOptions => ({
    ...reportingTo(recorder, folder),
    name: 'shared-host',
    environment: isRoot ? {} : { XDG_RUNTIME_DIR: ada.runtimeDir },
    uid: process.getuid?.() ?? -1,
    log: (text) => {
      log += text;
    },
    signal: stop.signal,
    ...more,
  });
  const until = (condition: () => boolean) => waitUntil(condition, 120_000, () => log);

  it.runIf(isRoot)('are found by an agent that is root, each with what it has', async () => {
    await runAgent(options({ once: true }));
    expect(recorder.refusals).toEqual([]);
    const [report] = recorder.reports;
    for (const user of [ada, bob]) {
      expect(user?.socketPath).toBe(`/run/user/${user?.uid}/podman/podman.sock`);
      const address = `unix://${user?.socketPath}`;
      expect(report?.runtimes.filter((runtime) => runtime.address === address)).toEqual([
        expect.objectContaining({ kind: 'podman', state: 'readable', rootless: true, reason: null }),
      ]);
    }
    const containers = report?.containers.filter(({ name }) => name.startsWith('of-')) ?? [];
    expect(containers.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual([
      'of-ada running',
      'of-bob created',
    ]);
    // One image, which each of them has for itself.
    const images = containers.map(({ imageKey }) => report?.images.find(({ key }) => key === imageKey));
    expect(new Set(images.map((image) => image?.key)).size).toBe(2);
    expect(new Set(images.map((image) => image?.configDigest)).size).toBe(1);
    for (const [at, image] of images.entries()) expect(image?.runtime).toBe(containers[at]?.runtime);
  });

  it('is found by an agent that its user runs, and nobody else’s with it', async () => {
    const script = `
      const { runAgent } = await import(${JSON.stringify(join(import.meta.dirname, 'main.ts'))});
      if (process.getuid() === 0) { process.setgroups([]); process.setgid(${ada.uid}); process.setuid(${ada.uid}); }
      await runAgent({ server: '', dataDir: '/nonexistent', readEnrollment: async () => undefined, once: true, dryRun: true, version: '1',
        environment: { XDG_RUNTIME_DIR: ${JSON.stringify(ada.runtimeDir)} }, uid: ${ada.uid}, labels: [], source: { mode: 'inventory+read' },
        write: (text) => process.stdout.write(text), log: (text) => process.stderr.write(text), signal: AbortSignal.timeout(30000) });`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: '/' });
    const report: AgentReport = JSON.parse(stdout);
    const readable = report.runtimes.filter(({ state }) => state === 'readable');
    expect(readable.map(({ kind, address, rootless }) => [kind, address, rootless])).toContainEqual([
      'podman',
      `unix://${ada.socketPath}`,
      true,
    ]);
    expect(report.runtimes.map(({ address }) => address)).not.toContain(`unix://${bob?.socketPath}`);
    expect(report.containers.map(({ name }) => name)).toContain('of-ada');
    expect(report.containers.map(({ name }) => name)).not.toContain('of-bob');
  });

  it('tells of containers as they come and go, without being asked', async () => {
    recorder.next = { nextReportSeconds: 3600 };
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    const held = recorder.reports[0]?.containers.find(({ name }) => name === 'of-ada');
    await ada.start('corpus/alpine-3.20', 'newcomer', 'true');
    await until(() => recorder.reports.some(({ containers }) => containers.some(({ name }) => name === 'newcomer')));
    expect(recorder.reports.at(-1)?.containers.find(({ name }) => name === 'newcomer')).toMatchObject({
      state: 'exited',
      exitCode: 0,
      imageKey: held?.imageKey,
    });
    await ada.run('rm', 'newcomer');
    await until(() => recorder.reports.some(({ gone }) => gone.containers.length === 1));
    expect(recorder.refusals).toEqual([]);
  });

  it('has its images read', async () => {
    running = runAgent(options());
    await until(() => recorder.reports.length > 0);
    const imageKey = recorder.reports[0]?.containers.find(({ name }) => name === 'of-ada')?.imageKey ?? '';
    recorder.next = { want: [{ imageKey, attempt: 'try-1' }] };
    await until(() => recorder.readings.length > 0);
    const [reading] = recorder.readings;
    const id = await ada.run('image', 'inspect', '--format', '{{.Id}}', 'corpus/alpine-3.20');
    expect(reading).toMatchObject({ imageKey, problems: [], configDigest: `sha256:${id.replace('sha256:', '')}` });
    const diffIds = reading?.layers.filter(({ empty }) => !empty).map(({ diffId }) => diffId);
    expect(recorder.layers.map(({ diffId }) => diffId)).toEqual(diffIds);
    expect(recorder.layers[0]?.evidence.map(({ path }) => path)).toContain('lib/apk/db/installed');
    expect(recorder.refusals).toEqual([]);
  });
});
