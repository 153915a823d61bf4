import { type RouteId, routes } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { createHandlers } from './handlers.ts';
import type { Handlers } from './routes/types.ts';
import type { Scenario } from './scenario.ts';

export interface FixtureRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly body: string;
  readonly signedIn: boolean;
}
export interface FixtureAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the session begins or ends with this answer. */
  readonly session?: 'begin' | 'end';
}

const statusOf: { readonly [code in string]?: number } = {
  'not-found': 404,
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  conflict: 409,
  unavailable: 503,
  'not-an-image': 422,
  truncated: 422,
};

/**
 * The console's API in memory, for development and tests of the pages. Strict: what a page sends must be what the contract
 * takes, and every answer is checked against the contract before it leaves, so a page can't grow used to another shape.
 */
export function createFixtureApi(scenario: Scenario): (request: FixtureRequest) => Promise<FixtureAnswer> {
  const handlers: Handlers = createHandlers(scenario);
  return async (request) => {
    const url = new URL(request.path, 'http://fixture');
    const match = matchRoute(request.method, url.pathname);
    if (match === undefined) return problem(new Fault('not-found', `no route ${request.method} ${url.pathname}`));
    const { route, params } = match;
    if (route.policy !== 'public' && route.policy !== 'setup' && !request.signedIn)
      return problem(new Fault('unauthenticated', 'sign in first'));
    if (scenario.delayMs !== undefined && route.id !== 'session.get')
      await new Promise((resolve) => setTimeout(resolve, scenario.delayMs));
    try {
      if (scenario.failing?.includes(route.id) === true)
        throw new Fault('unavailable', 'PostgreSQL is away', {
          place: 'db.corp.example:5432',
          hint: 'It is tried again every few seconds; nothing is lost.',
        });
      const input = {
        params: 'params' in route ? strictly<unknown>(route.params.safeParse(params), `params of ${route.id}`) : {},
        query:
          'query' in route
            ? strictly<unknown>(route.query.safeParse(Object.fromEntries(url.searchParams)), `query of ${route.id}`)
            : {},
        body:
          'body' in route && route.body !== 'bytes'
            ? strictly<unknown>(route.body.safeParse(JSON.parse(request.body || 'null')), `body of ${route.id}`)
            : undefined,
        bytes: request.body.length,
        signedIn: request.signedIn,
      };
      const handler = handlers[route.id as RouteId];
      if (handler === undefined) throw new Fault('unavailable', `the fixture has no ${route.id}`);
      const output: unknown = await handler(input as never);
      const session =
        route.id === 'session.create' || route.id === 'setup.create'
          ? 'begin'
          : route.id === 'session.delete'
            ? 'end'
            : undefined;
      const more = session === undefined ? {} : ({ session } as const);
      if (!('response' in route)) return { status: 204, body: '', ...more };
      if (route.response === 'bytes') throw new Fault('unsupported', `the fixture has no file for ${route.id}`);
      const checked = route.response.safeParse(output);
      if (!checked.success)
        throw new Fault(
          'internal',
          `the fixture's answer to ${route.id} breaks the contract: ${checked.error.message}`,
        );
      return { status: 'status' in route ? route.status : 200, body: JSON.stringify(checked.data), ...more };
    } catch (error) {
      if (error instanceof Fault) return problem(error);
      throw error;
    }
  };
}

function matchRoute(
  method: string,
  path: string,
): { readonly route: (typeof routes)[number]; readonly params: { readonly [name: string]: string } } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const match = pattern.exec(path);
    if (match !== null)
      return {
        route,
        params: Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
        ),
      };
  }
  return undefined;
}

function strictly<T>(
  parsed: { readonly success: true; readonly data: T } | { readonly success: false; readonly error: Error },
  what: string,
): T {
  if (parsed.success) return parsed.data;
  throw new Fault('invalid-input', `${what}: ${parsed.error.message}`);
}

function problem(fault: Fault): FixtureAnswer {
  return {
    status: statusOf[fault.code] ?? 500,
    body: JSON.stringify({
      code: fault.code,
      message: fault.message,
      place: fault.place ?? null,
      hint: fault.hint ?? null,
      requestId: 'fixture',
    }),
  };
}
