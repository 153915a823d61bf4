import { availableParallelism } from 'node:os';
import type { Route } from '@hullcheck/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Admission, type Place } from './admission.ts';
import { httpLimits } from './limits.ts';

/** As many as there are cores: what one more would gain in throughput, pages would wait. And not all sessions of the database. */
const atOnce = Math.min(6, Math.max(2, availableParallelism()));

/** Which admission a route of agents stands under; other routes have none. */
export function agentAdmissions(): (route: Route) => Admission | undefined {
  const reports = new Admission({ ...httpLimits.reports, atOnce });
  const readings = new Admission({ ...httpLimits.readings, atOnce });
  return ({ id, policy }) => {
    if (policy !== 'agent') return undefined;
    return id === 'agent.report' ? reports : readings;
  };
}

/** A place for this request, which ends with its answer or its connection. */
export function takePlace(
  admission: Admission,
  caller: string,
  { raw: { socket } }: Pick<FastifyRequest, 'raw'>,
  { raw: response }: Pick<FastifyReply, 'raw'>,
): Place {
  const place = admission.enter(caller, Date.now());
  // Not the end of the answer's stream: one that waits for those before it on its connection (pipelining) never has one.
  response.once('close', place.close);
  if (socket.destroyed) place.close();
  return place;
}
