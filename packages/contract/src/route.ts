import type { FaultCode } from '@hullcheck/core';
import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call a route. Every route names one: a route without a policy does not compile.
 * `public`: anyone. `setup`: only while no administrator exists. `viewer`, `operator`, `admin`: a signed-in person or an
 * API token of at least that role. `agent`: an agent's own key, and nothing else.
 */
export type Policy = 'public' | 'setup' | 'viewer' | 'operator' | 'admin' | 'agent';

export interface Route {
  /** `images.list`: unique, used as operationId and in the audit log. */
  readonly id: string;
  readonly method: Method;
  /** `/api/v1/images/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly policy: Policy;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** JSON body, or `bytes` for a streamed one. */
  readonly body?: z.ZodType | 'bytes';
  /** JSON answer, or `bytes` for a file that is answered whole or in parts (`Range`); absent means 204. */
  readonly response?: z.ZodType | 'bytes';
  /** Success status; 200 where absent (204 without a response). */
  readonly status?: 200 | 201 | 202 | 204;
  readonly errors: readonly FaultCode[];
}

/** Keeps the literal types of a route. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}
