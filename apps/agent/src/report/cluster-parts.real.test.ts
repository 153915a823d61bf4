import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentLimits, agentReport } from '@hullcheck/contract';
import { type ClusterApi, createClusterClient } from '@hullcheck/runtimes';
import { expect, it } from 'vitest';
import { containersPerReport, spoolBytesMax } from '../limits.ts';
import { collectInventory, type ReportedRuntime } from './inventory.ts';
import { createReporter } from './reporter.ts';
import { openStateFolder } from './state-folder.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Names as long as they are in clusters of companies. */
function pod(at: number) {
  const service = `service-${at % 5_000}`;
  const containers = [0, 1].map((which) => ({
    name: `container-${which}`,
    image: `registry.internal.example.com:5000/team-${at % 97}/${service}:${which}.2.3`,
    imageID: `registry.internal.example.com:5000/team-${at % 97}/${service}@sha256:${sha(`${service} ${which}`)}`,
    containerID: `containerd://${sha(`${at} ${which}`)}`,
    state: { running: { startedAt: '2026-11-01T10:00:05Z' } },
  }));
  return {
    metadata: {
      uid: `uid-${at}`,
      name: `${service}-6d5f7c9b8d-${at}`,
      namespace: `team-${at % 97}`,
      creationTimestamp: '2026-11-01T10:00:00Z',
    },
    spec: { nodeName: `node-${at % 5_000}.internal.example.com`, containers },
    status: { containerStatuses: containers },
  };
}

/** A cluster of so many pods that nothing happens in. */
function quietCluster(pods: number): ClusterApi {
  const list: ClusterApi['list'] = async (path, read) => ({
    items:
      path === '/api/v1/pods'
        ? Array.from({ length: pods }, (_, at) => read(pod(at))).filter((one) => one !== undefined)
        : [],
    resourceVersion: '1',
  });
  return {
    place: 'cluster.test',
    get: async () => null,
    list,
    async *watch(_path, _version, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      yield* [];
      return undefined;
    },
    close: async () => undefined,
  };
}

it('reports a cluster of more containers than the console takes at once', { timeout: 300_000 }, async () => {
  const pods = agentLimits.containersMax / 2 + 1;
  const client = createClusterClient(quietCluster(pods));
  const folder = await mkdtemp(join(tmpdir(), 'hullcheck-parts-'));
  const runtime: ReportedRuntime = {
    name: 'kubernetes',
    kind: 'kubernetes',
    namespace: null,
    version: 'v1.31.2',
    rootless: false,
    address: client.address,
    state: 'readable',
    reason: null,
    remedy: null,
    socketPath: null,
  };
  const inspected = { keys: new Map(), platforms: new Map(), containers: new Map(), round: 0, parts: new Map() };
  const told = new Set<string>();
  const sizes: number[] = [];
  try {
    const reporter = await createReporter({
      host: { machineId: 'm', name: 'production', os: null, kernel: null, architecture: null },
      version: '1',
      mode: 'cluster',
      state: await openStateFolder(folder),
      now: Date.now,
      send: async (text) => {
        const chunks: string[] = [];
        for await (const piece of text()) chunks.push(String(piece));
        const body = chunks.join('');
        // As the console reads it, and as it is kept until it has.
        expect(Buffer.byteLength(body)).toBeLessThan(agentLimits.reportBytesMax);
        expect((await stat(join(folder, 'unsent.json'))).size).toBeLessThan(spoolBytesMax);
        const report = agentReport.parse(JSON.parse(body));
        sizes.push(report.containers.length);
        for (const { id } of report.containers) told.add(id);
        return { sequence: report.sequence, resync: false, nextReportSeconds: 900, want: [] };
      },
    });
    const signal = AbortSignal.timeout(300_000);
    const collected = await collectInventory([runtime], [{ runtime, client }], inspected, { inspectMs: 1_000 }, signal);
    expect(collected.containers.size).toBe(2 * pods);
    await reporter.report(collected);
    expect(told.size).toBe(2 * pods);
    expect(sizes).toHaveLength(Math.ceil((2 * pods) / containersPerReport));
  } finally {
    await client.close();
    await rm(folder, { recursive: true });
  }
});
