import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  type AgentReading,
  type AgentReport,
  type AgentReportAnswer,
  agentRoutes,
  toLayerReport,
} from '@hullcheck/contract';
import type { LayerReport } from '@hullcheck/core';
import { makeCertificate } from '@hullcheck/testkit';
import type { AgentOptions } from './main.ts';

/** A console that checks every body by the contract and keeps what it was told. */
export interface Recorder {
  readonly url: string;
  readonly pin: string;
  readonly reports: AgentReport[];
  readonly layers: LayerReport[];
  readonly readings: AgentReading[];
  readonly bodies: string[];
  readonly refusals: unknown[];
  /** Answer to the next reports; what it wants it wants until it is answered. */
  next: Partial<AgentReportAnswer>;
  state: 'here' | 'away' | 'forgot the key';
  /** Layers that it knows. */
  known: ReadonlySet<string>;
  /** Until then whoever asks which layers it knows waits. */
  silentUntil: Promise<void> | undefined;
  close(): Promise<void>;
}

export async function startRecorder(folder: string): Promise<Recorder> {
  const { certificate, key } = await makeCertificate(folder);
  let issued = 0;
  const server: Server = createServer({ cert: certificate, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      recorder.bodies.push(text);
      const reply = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
      const problem = (status: number, code: string) =>
        reply(status, { code, message: code, place: null, hint: null, requestId: 'r' });
      if (recorder.state === 'away') return void request.socket.destroy();
      const route = agentRoutes.find(({ path, method }) => path === request.url && method === request.method);
      if (route === undefined) return void problem(404, 'not-found');
      const parsed = route.body.safeParse(JSON.parse(text));
      if (!parsed.success) {
        recorder.refusals.push(parsed.error);
        return void problem(400, 'invalid-input');
      }
      if (route.id === 'agent.enroll') {
        if ((parsed.data as { token: string }).token !== 'T0KEN') return void problem(401, 'unauthenticated');
        issued += 1;
        recorder.state = 'here';
        return void reply(201, { agentId: '3f0a1c9e-7f5a-4a7e-9a51-0d2b8f0f6c11', key: `KEY-${issued}` });
      }
      if (recorder.state === 'forgot the key' || request.headers.authorization !== `Bearer KEY-${issued}`) {
        return void problem(401, 'unauthenticated');
      }
      if (route.id === 'agent.report') {
        const report = parsed.data as AgentReport;
        recorder.reports.push(report);
        const answer = { resync: false, nextReportSeconds: 2, want: [], ...recorder.next };
        recorder.next = { nextReportSeconds: answer.nextReportSeconds, want: answer.want };
        return void reply(200, { sequence: report.sequence, ...answer });
      }
      if (route.id === 'agent.layersKnown') {
        const { diffIds } = parsed.data as { diffIds: readonly string[] };
        const known = diffIds.filter((diffId) => recorder.known.has(diffId));
        return void (recorder.silentUntil ?? Promise.resolve()).then(() => reply(200, { known }));
      }
      if (route.id === 'agent.layer') recorder.layers.push(toLayerReport(parsed.data as never));
      if (route.id === 'agent.reading') recorder.readings.push(parsed.data as AgentReading);
      if (route.id === 'agent.reading' || route.id === 'agent.readingFailed') {
        const answered = (parsed.data as { readonly attempt: string }).attempt;
        const want = recorder.next.want?.filter(({ attempt }) => attempt !== answered) ?? [];
        recorder.next = { ...recorder.next, want };
      }
      response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const recorder: Recorder = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pin: new X509Certificate(certificate).fingerprint256,
    reports: [],
    layers: [],
    readings: [],
    bodies: [],
    refusals: [],
    next: {},
    state: 'here',
    known: new Set(),
    silentUntil: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return recorder;
}

/** Of an agent that reports to the recorder, keeps its state in this folder, reads, and says nothing. */
export const reportingTo = (recorder: Recorder, folder: string) =>
  ({
    server: recorder.url,
    pin: recorder.pin,
    dataDir: join(folder, 'agent'),
    readEnrollment: async () => ({ token: 'T0KEN' }),
    once: false,
    dryRun: false,
    version: '9.9',
    source: { mode: 'inventory+read' },
    labels: [],
    write: () => undefined,
  }) satisfies Partial<AgentOptions>;

/** Throws after the time, with what the agent said. */
export async function waitUntil(condition: () => boolean, timeoutMs: number, log: () => string): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms; the agent said:\n${log()}`);
    await sleep(50);
  }
}
