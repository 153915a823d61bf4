// One big host: how long the agent takes until its first full report has arrived, what it and its second process hold in
// memory meanwhile, and what 500 events a second do to it. A generated Docker engine on a unix socket and a console that
// checks every report by the contract run in this process; the agent is the whole program: `npm run build`, then
// node bench/agent.ts [images] [containers] [seconds of the storm; 0: none].
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type AgentReport, agentReport } from '@hullcheck/contract';
import { makeCertificate, repositoryRoot } from '@hullcheck/testkit';
import { createFakeDocker } from './fake-docker.ts';

const [images = 2_000, containers = 5_000, stormSeconds = 70] = process.argv.slice(2).map(Number);
const EVENTS_PER_SECOND = 500;
const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-agent-'));

interface Arrived {
  readonly atMs: number;
  readonly report: AgentReport;
  readonly bytes: number;
  readonly packedBytes: number;
}

interface Memory {
  /** What the processes map of one file counts once: what they take of a machine on which no other Node runs. */
  readonly together: number;
  readonly each: readonly number[];
  /** Each page divided by how many processes of the whole machine have it; this benchmark and others run the same Node. */
  readonly proportional: number;
}

const NONE: Memory = { together: 0, each: [0], proportional: 0 };

/** A process and all below it. */
function processesOf(root: number): readonly number[] {
  const pids = [root];
  for (const pid of pids)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      pids.push(...readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
  return pids;
}

/** One figure of a file below /proc, in MiB. */
const of = (text: string, name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;

/** Memory of a process and all below it, in MiB. */
function memoryOf(root: number): Memory {
  const sizes = processesOf(root).map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      anonymous: of(status, 'RssAnon'),
      files: of(status, 'RssFile') + of(status, 'RssShmem'),
      proportional: of(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss'),
    };
  });
  return {
    together: sizes.reduce((sum, { anonymous }) => sum + anonymous, 0) + Math.max(...sizes.map(({ files }) => files)),
    each: sizes.map(({ anonymous, files }) => anonymous + files),
    proportional: sizes.reduce((sum, { proportional }) => sum + proportional, 0),
  };
}

/** What they can have taken together at most since `forgetPeaks`, in MiB: the kernel's peak of each, which no sampling misses. */
function peaksOf(root: number): number {
  const sizes = processesOf(root).map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { peak: of(status, 'VmHWM'), files: of(status, 'RssFile') + of(status, 'RssShmem') };
  });
  return sizes.reduce((sum, { peak, files }) => sum + peak - files, 0) + Math.max(...sizes.map(({ files }) => files));
}

function forgetPeaks(root: number): void {
  for (const pid of processesOf(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Seconds of CPU of the process and those below it. */
function cpuOf(root: number): number {
  return processesOf(root).reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

async function main(): Promise<void> {
  const docker = createFakeDocker(images, containers);
  const socket = join(folder, 'docker.sock');
  docker.server.listen(socket);
  await once(docker.server, 'listening');
  const { certificate, key } = await makeCertificate(folder);
  const arrived: Arrived[] = [];
  const receiver = createServer({ cert: certificate, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const atMs = performance.now();
      const packed = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(packed) : packed;
      if (request.url?.endsWith('/enroll')) {
        response.writeHead(201).end(JSON.stringify({ agentId: '3f0a1c9e-7f5a-4a7e-9a51-0d2b8f0f6c11', key: 'KEY' }));
        return;
      }
      if (text.includes('CANARY')) throw new Error('a secret left the host');
      const report = agentReport.parse(JSON.parse(text.toString()));
      arrived.push({ atMs, report, bytes: text.byteLength, packedBytes: packed.byteLength });
      response.end(JSON.stringify({ sequence: report.sequence, resync: false, nextReportSeconds: 900, want: [] }));
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');

  const published = join(repositoryRoot, 'dist', 'hullcheck', 'bin', 'hullcheck.mjs');
  const program = existsSync(published) ? published : join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');
  const pin = new X509Certificate(certificate).fingerprint256;
  const url = `https://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const startedMs = performance.now();
  const agent = spawn(
    process.execPath,
    [program, 'agent', '--server', url, '--pin', pin, '--data', join(folder, 'agent')],
    {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        DOCKER_HOST: `unix://${socket}`,
        HULLCHECK_ENROLL_TOKEN: 'TOKEN',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const pid = agent.pid ?? 0;
  let peak: Memory = NONE;
  const sampler = setInterval(() => {
    try {
      const now = memoryOf(pid);
      if (now.together > peak.together) peak = now;
    } catch {
      // A process of the tree ended between two reads.
    }
  }, 50);
  const show = () =>
    `${peak.together.toFixed(1)} MiB (${peak.each.map((size) => Math.round(size)).join(' + ')}), PSS ${Math.round(peak.proportional)} MiB; at most ${peaksOf(pid).toFixed(1)} MiB by the peak of each\n`;

  async function end(): Promise<void> {
    clearInterval(sampler);
    agent.kill('SIGTERM');
    await once(agent, 'close');
    receiver.closeAllConnections();
    receiver.close();
    docker.server.closeAllConnections();
    docker.server.close();
  }

  while (arrived.length === 0 && agent.exitCode === null) await sleep(20);
  const [first] = arrived;
  if (first === undefined) throw new Error('the agent ended without a report');
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(
    `${images} images, ${containers} containers; ${cpus().length} cores, load ${load}, Node ${process.version}, ${program === published ? 'published build' : 'checkout'}\n\n` +
      `first report after      ${((first.atMs - startedMs) / 1000).toFixed(2)} s from the start of the process, ${cpuOf(pid).toFixed(2)} s CPU\n` +
      `its size                ${(first.bytes / 1e6).toFixed(2)} MB, ${(first.packedBytes / 1e3).toFixed(0)} kB as sent\n` +
      `memory until then       ${show()}`,
  );
  if (first.report.images.length !== images || first.report.containers.length !== containers)
    throw new Error('the report is not complete');

  // The first report is hasty: when each container ran follows in the second.
  while (arrived.length < 2 && agent.exitCode === null) await sleep(20);
  const second = arrived[1];
  if (second?.report.containers.some(({ started }) => started === null) !== false)
    throw new Error('the second report does not say when containers started');
  process.stdout.write(
    `all inspected after     ${((second.atMs - startedMs) / 1000).toFixed(2)} s, ${cpuOf(pid).toFixed(2)} s CPU; ${docker.asked.get('/containers/ID/json')} containers, ${docker.asked.get('/images/ID/json')} images\n` +
      `memory until then       ${show()}`,
  );
  if (stormSeconds === 0) return end();
  peak = NONE;
  forgetPeaks(pid);
  await sleep(2_000);
  const cpuBefore = cpuOf(pid);
  const reportsBefore = arrived.length;
  const stormMs = performance.now();
  while (performance.now() - stormMs < stormSeconds * 1000) {
    const due = ((performance.now() - stormMs) / 1000) * EVENTS_PER_SECOND;
    while (docker.changes < due) docker.change();
    await sleep(10);
  }
  const changes = docker.changes;
  const cpu = cpuOf(pid) - cpuBefore;
  await sleep(45_000);
  const storm = arrived.slice(reportsBefore);
  const listed = storm.map(
    ({ atMs, report, packedBytes }) =>
      `${((atMs - stormMs) / 1000).toFixed(0)} s: ${report.containers.length} containers, ${Math.round(packedBytes / 1000)} kB`,
  );
  process.stdout.write(
    `storm of ${changes} events  in ${stormSeconds} s (${Math.round(changes / stormSeconds)}/s): ${cpu.toFixed(2)} s CPU (${((100 * cpu) / stormSeconds).toFixed(0)} % of a core)\n` +
      `memory in the storm     ${show()}` +
      `reports after its start ${listed.join('; ')}\n`,
  );
  await end();
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
