// All agents at one moment over TLS: node bench/estate/crowd.ts [--agents 5000] [--containers 100] [--images 1000] [--processes 2]
//                                                              [--rounds 2]
// Starts a console with a certificate of its own on the embedded PostgreSQL, writes hosts that have reported before (seed.ts), and lets
// the agents of all of them open a connection at the same moment, each with a change of four containers: the agent's own connection,
// pinned, and its own rule of when to come again (crowd-agents.ts, in so many processes). A person turns pages meanwhile. Everything
// runs on this machine, the agents' half of each handshake too.
import { fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findFreePort } from '@hullcheck/testkit';
import { parsePin } from '../../apps/agent/src/report/server-address.ts';
import { openSession, settled, startConsole } from './console.ts';
import type { CrowdOrders, CrowdResult } from './crowd-agents.ts';
import { loadImages } from './load.ts';
import { cpuSecondsOf, parentOf, percentiles } from './measures.ts';
import { seedHosts } from './seed.ts';
import { enrollAll } from './traffic.ts';
import { advisories, type World, writeMirror } from './world.ts';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '5000' },
    containers: { type: 'string', default: '100' },
    images: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '2' },
  },
});
const world: World = {
  agents: Number(values.agents),
  containersPerAgent: Number(values.containers),
  images: Number(values.images),
  imagesPerAgent: 30,
};
const processes = Number(values.processes);
const bootstrap = 'estate-crowd-bootstrap-token-0123456789';
const folder = mkdtempSync('/tmp/hullcheck-crowd-');
const mirror = mkdtempSync('/tmp/hullcheck-crowd-mirror-');
const say = (text: string) => process.stdout.write(`${text}\n`);

writeMirror(mirror, advisories(), []);
const port = await findFreePort();
// An address beyond loopback: there the console makes itself a certificate.
const started = startConsole({ folder, listen: `0.0.0.0:${port}`, role: 'all', mirror, bootstrap });
try {
  await started.until(/Hullcheck is at/, 120_000);
  const server = `https://127.0.0.1:${port}`;
  const certificate = readFileSync(join(folder, 'tls-certificate.pem'), 'utf8');
  const pin = parsePin(new X509Certificate(certificate).fingerprint256);
  const database = await openSession(folder);
  const backend = (await database.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
  const postmaster = parentOf(backend);
  const consolePid = started.process.pid ?? 0;
  await settled(database, null);
  await loadImages(database, world);
  await seedHosts(database, world, await enrollAll(database, world.agents), 0);
  await database.query('vacuum analyze');
  say(
    `${world.agents} agents × ${world.containersPerAgent} containers over ${world.images} images, ${processes} processes of agents; ` +
      `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}; memory of the console ${peakMib(consolePid)} MiB`,
  );
  for (let round = 0; round < Number(values.rounds); round += 1) await crowd(round + 2);
  await database.end();

  async function crowd(sequence: number): Promise<void> {
    const share = Math.ceil(world.agents / processes);
    const crowds = await Promise.all(
      Array.from({ length: processes }, async (_, at) => {
        const child = fork(join(import.meta.dirname, 'crowd-agents.ts'), { stdio: 'inherit' });
        const from = at * share;
        const orders: CrowdOrders = { server, pin, world, from, to: Math.min(world.agents, from + share), sequence };
        child.send(orders);
        await once(child, 'message');
        return child;
      }),
    );
    const cpu = () => {
      const postgres = cpuSecondsOf([postmaster]);
      return { postgres, console: cpuSecondsOf([consolePid]) - postgres };
    };
    const from = (await database.query<{ at: string }>('select now()::text as at')).rows[0]?.at;
    const before = cpu();
    const pages = turnPages(server, certificate);
    const startedMs = performance.now();
    const results = await Promise.all(
      crowds.map(async (child) => {
        child.send('go');
        const [result] = (await once(child, 'message')) as [CrowdResult];
        return result;
      }),
    );
    const ms = performance.now() - startedMs;
    const times = results.flatMap((result) => result.times);
    const faults: Record<string, number> = {};
    for (const result of results)
      for (const [code, count] of Object.entries(result.faults)) faults[code] = (faults[code] ?? 0) + count;
    const used = cpu();
    // Of each change two containers stopped.
    const { rows } = await database.query<{ taken: number; stopped: number }>(
      `select count(*) filter (where report_sequence = $1)::int as taken,
              (select count(*)::int from container where state = 'exited' and since >= $2::timestamptz) as stopped from host`,
      [sequence, from],
    );
    const { taken = 0, stopped = 0 } = rows[0] ?? {};
    say(
      `round ${sequence - 1}: ${times.length} acknowledged in ${(ms / 1000).toFixed(1)} s, ${percentiles(times)}; failed calls ${JSON.stringify(faults)}, ` +
        `at most ${Math.max(...results.map(({ callsMax }) => callsMax))} calls of one agent; lost ${times.length - Math.min(taken, stopped / 2)}`,
    );
    say(
      `  CPU: console ${(used.console - before.console).toFixed(1)} s, PostgreSQL ${(used.postgres - before.postgres).toFixed(1)} s, agents ${results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0).toFixed(1)} s; ` +
        `console's peak memory ${peakMib(consolePid)} MiB; pages ${await pages.stop()}`,
    );
  }
} finally {
  await started.stop(60_000);
  rmSync(folder, { recursive: true, force: true });
  rmSync(mirror, { recursive: true, force: true });
}

/** A person who opens one page after the other, four a second, each over a new connection every tenth time. */
function turnPages(server: string, ca: string): { stop(): Promise<string> } {
  const times: number[] = [];
  let failed = 0;
  let isStopped = false;
  const paths = [
    '/api/v1/images?limit=50',
    '/api/v1/hosts?limit=50',
    '/api/v1/containers?limit=100',
    '/api/v1/overview',
  ];
  const turning = (async () => {
    let agent = new Agent({ keepAlive: true, ca });
    for (let at = 0; !isStopped; at += 1) {
      const startedMs = performance.now();
      const status = await get(`${server}${paths[at % paths.length]}`, agent).catch(() => 0);
      if (status === 200) times.push(performance.now() - startedMs);
      else failed += 1;
      if (at % 10 === 9) {
        agent.destroy();
        agent = new Agent({ keepAlive: true, ca });
      }
      await sleep(250);
    }
    agent.destroy();
  })();
  return {
    async stop() {
      isStopped = true;
      await turning;
      return `${percentiles(times)}${failed === 0 ? '' : `, ${failed} failed`}`;
    },
  };
}

function get(address: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(address, { agent, headers: { authorization: `Bearer ${bootstrap}` } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    call.on('error', reject);
    call.end();
  });
}

/** The most memory that the process had at once. */
function peakMib(pid: number): number {
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}
