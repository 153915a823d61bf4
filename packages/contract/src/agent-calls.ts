import { z } from 'zod';
import { id } from './scalars.ts';

export const agentReportAnswer = z.object({
  sequence: z.number().int(),
  /** The console lost the base: send a full report next. */
  resync: z.boolean(),
  nextReportSeconds: z.number().int(),
  /** Images that the console can't read from a registry and asks this agent to read. */
  want: z.array(z.object({ imageKey: z.string(), attempt: z.string() })),
});
export type AgentReportAnswer = z.infer<typeof agentReportAnswer>;

/**
 * What an agent calls, and what it is answered. Not what it sends: the schemas of that are the console's to check, and an agent
 * that holds them takes 2 MiB more (bench/results/agent.md).
 */
export const agentCalls = {
  enroll: {
    id: 'agent.enroll',
    method: 'POST',
    path: '/api/agent/v1/enroll',
    response: z.object({ agentId: id, key: z.string() }),
  },
  cluster: { id: 'agent.cluster', method: 'PUT', path: '/api/agent/v1/cluster' },
  report: { id: 'agent.report', method: 'POST', path: '/api/agent/v1/report', response: agentReportAnswer },
  layersKnown: {
    id: 'agent.layersKnown',
    method: 'POST',
    path: '/api/agent/v1/layers/known',
    response: z.object({ known: z.array(z.string()) }),
  },
  layer: { id: 'agent.layer', method: 'POST', path: '/api/agent/v1/layers' },
  reading: { id: 'agent.reading', method: 'POST', path: '/api/agent/v1/readings' },
  readingFailed: { id: 'agent.readingFailed', method: 'POST', path: '/api/agent/v1/readings/failed' },
} as const;
