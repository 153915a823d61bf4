import type { ProblemDocument } from '@hullcheck/contract';
import { Fault, toFault } from '@hullcheck/core';
import { z } from 'zod';
import { statusOfFault } from './faults.ts';
import { httpLimits } from './limits.ts';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly document: ProblemDocument & { readonly type: string; readonly title: string; readonly status: number };
}

/** What is told to the client (RFC 9457 with our own members). A fault of ours says only the request's id. */
export function toProblem(thrown: unknown, requestId: string, nowMs: number): ProblemAnswer {
  const fault = known(thrown);
  const status = statusOfFault[fault.code];
  const message = fault.code === 'internal' ? 'Something broke in the console; its log says what.' : fault.message;
  const headers: { [name: string]: string } = {};
  if (fault.code === 'unavailable') headers['retry-after'] = String(httpLimits.retrySeconds);
  if (fault.retryAtMs !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil((fault.retryAtMs - nowMs) / 1000)));
  if (fault.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  return {
    status,
    headers,
    document: {
      type: 'about:blank',
      title: fault.code,
      status,
      code: fault.code,
      message,
      place: fault.code === 'internal' ? null : (fault.place ?? null),
      hint: fault.hint ?? null,
      requestId,
    },
  };
}

/** The thrown value as a fault: schema errors name the first wrong field, the framework's own errors are the client's. */
export function known(thrown: unknown): Fault {
  if (thrown instanceof z.ZodError) return schemaFault(thrown, 'body');
  if (!(thrown instanceof Fault) && thrown instanceof Error && 'statusCode' in thrown) {
    const status = Number(thrown.statusCode);
    if (status === 413) return new Fault('limit-exceeded', 'the body is too large', { cause: thrown });
    if (status === 415) return new Fault('unsupported', 'the body must be application/json', { cause: thrown });
    if (status >= 400 && status < 500)
      return new Fault('invalid-input', 'the request can not be read', { cause: thrown });
  }
  return toFault(thrown);
}

export function schemaFault(error: z.ZodError, part: string): Fault {
  const [issue] = error.issues;
  const path = issue === undefined ? '' : issue.path.map(String).join('.');
  return new Fault('invalid-input', issue?.message ?? 'not what the contract says', {
    place: path === '' ? part : `${part}: ${path}`,
  });
}
