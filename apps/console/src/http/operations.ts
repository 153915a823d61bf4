import { openApiDocument } from '@hullcheck/contract';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../store/database.ts';
import { countAlarms } from '../store/reading-alarms.ts';
import { countQueue, isAnswering } from '../store/workers.ts';

const READY_TIMEOUT_MS = 2_000;

/** What machines ask: is it alive, is it ready, what are its numbers, what does its API look like. */
export function addOperations(server: FastifyInstance, database: Database, version: string): void {
  const document = JSON.stringify(openApiDocument(version));
  server.get('/api/openapi.json', (_, reply) => reply.type('application/json').send(document));
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_, reply) => {
    if (await isAnswering(database, READY_TIMEOUT_MS)) return { status: 'ready' };
    return reply.status(503).header('retry-after', '5').send({ status: 'database away' });
  });

  const registry = new Registry();
  // Its default looks at the event loop every 10 ms: 2.5 % of a core of a console that does nothing.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 200 });
  const seconds = new Histogram({
    name: 'hullcheck_http_request_seconds',
    help: 'Duration of requests by route, without ids',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [registry],
  });
  const queue = new Gauge({
    name: 'hullcheck_queue_jobs',
    help: 'Jobs in the queue',
    labelNames: ['state'],
    registers: [registry],
  });
  const alarms = new Gauge({
    name: 'hullcheck_reading_alarms',
    help: 'Layers and images that two readers read differently: one of them is wrong, or its host lies',
    registers: [registry],
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
  server.get('/metrics', async (_, reply) => {
    const counted = await countQueue(database).catch(() => undefined);
    if (counted !== undefined) {
      queue.set({ state: 'waiting' }, counted.waiting);
      queue.set({ state: 'running' }, counted.running);
    }
    const differing = await countAlarms(database).catch(() => undefined);
    if (differing !== undefined) alarms.set(differing);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
