import { Fault, type FaultCode } from '@hullcheck/core';
import type { z } from 'zod';
import type { Route } from './route.ts';
import { type RouteId, type RouteOf, routes } from './routes.ts';
import { problemDocument } from './scalars.ts';

export interface TransportRequest {
  readonly method: string;
  /** Path with query, from the root: `/api/v1/images?limit=10`. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | null;
}
export interface TransportResponse {
  readonly status: number;
  /** Text of the body, empty for 204. */
  readonly text: string;
  /** What `Retry-After` says: seconds. Absent where the transport does not look or nothing is said. */
  readonly retryAfter?: string | undefined;
}
/** How bytes get there: `fetch` in a browser, undici in Node. Throws a Fault (`unreachable`, `ssl-handshake`, …) on its own. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

type In<S> = S extends z.ZodType ? z.input<S> : never;
/** Bytes are not for a client of JSON: its call is refused. */
type Out<S> = S extends z.ZodType ? z.output<S> : S extends 'bytes' ? never : undefined;
export type Field<R, K extends string> = K extends keyof R ? R[K] : never;

export type CallInput<I extends RouteId> = ([Field<RouteOf<I>, 'params'>] extends [never]
  ? unknown
  : { readonly params: In<Field<RouteOf<I>, 'params'>> }) &
  ([Field<RouteOf<I>, 'query'>] extends [never] ? unknown : { readonly query?: In<Field<RouteOf<I>, 'query'>> }) &
  ([Field<RouteOf<I>, 'body'>] extends [never]
    ? unknown
    : undefined extends In<Field<RouteOf<I>, 'body'>>
      ? { readonly body?: In<Field<RouteOf<I>, 'body'>> }
      : { readonly body: In<Field<RouteOf<I>, 'body'>> });
export type CallOutput<I extends RouteId> = [Field<RouteOf<I>, 'response'>] extends [never]
  ? undefined
  : Out<Field<RouteOf<I>, 'response'>>;

export interface ApiClientOf<Known extends RouteId> {
  call<I extends Known>(id: I, input: CallInput<I>): Promise<CallOutput<I>>;
}
export type ApiClient = ApiClientOf<RouteId>;

type Scalar = string | number | boolean | null | undefined;
interface LooseInput {
  readonly params?: { readonly [name: string]: Scalar };
  readonly query?: { readonly [name: string]: Scalar };
  readonly body?: unknown;
}

/** The path of a route with its parameters and query filled in. */
export function routePath(template: string, params: LooseInput['params'], query: LooseInput['query']): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params?.[name] ?? '')));
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return path;
  return `${path}?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** A typed client over any transport. Errors of the console become Faults with the console's own code and words. */
export function createApiClient(transport: Transport, headers: { readonly [name: string]: string } = {}): ApiClient {
  return createClientOf(routes, transport, headers);
}

/** What a client must know of a route. */
export type Callable = Pick<Route, 'id' | 'method' | 'path' | 'response'>;

/** The same for some of the routes: an agent has no use for the schemas of all others, which take 5 MiB. */
export function createClientOf<Known extends RouteId>(
  known: readonly (Callable & { readonly id: Known })[],
  transport: Transport,
  headers: { readonly [name: string]: string },
): ApiClientOf<Known> {
  const byId = new Map<string, Callable>(known.map((route) => [route.id, route]));
  async function call(id: RouteId, input: unknown): Promise<unknown> {
    const route = byId.get(id);
    if (route === undefined) throw new Fault('internal', `no route ${id}`);
    const { params, query, body } = input as LooseInput;
    const answer = await transport({
      method: route.method,
      path: routePath(route.path, params, query),
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (answer.status >= 400) throw toApiFault(answer);
    if (route.response === undefined) return undefined;
    if (route.response === 'bytes') throw new Fault('unsupported', `${id} answers with a file`);
    return readAnswer(route.response, id, answer);
  }
  return { call: call as ApiClientOf<Known>['call'] };
}

/** The answer to a call whose body its caller sent by itself. Throws the console's Fault, or `internal` where it is not `shape`. */
export function readAnswer<S extends z.ZodType>(shape: S, id: RouteId, answer: TransportResponse): z.output<S> {
  if (answer.status >= 400) throw toApiFault(answer);
  const parsed = shape.safeParse(parseJson(answer.text));
  if (parsed.success) return parsed.data;
  throw new Fault('internal', `the console's answer to ${id} is not what its contract says`, { cause: parsed.error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toApiFault(answer: TransportResponse): Fault {
  const parsed = problemDocument.safeParse(parseJson(answer.text));
  if (!parsed.success)
    return new Fault(
      answer.status === 401 ? 'unauthenticated' : 'unavailable',
      `the console answered ${answer.status}`,
    );
  const { code, message, place, hint } = parsed.data;
  const seconds = Number(answer.retryAfter ?? Number.NaN);
  return new Fault(code as FaultCode, message, {
    ...(Number.isFinite(seconds) ? { retryAtMs: Date.now() + seconds * 1000 } : {}),
    ...(place === null ? {} : { place }),
    ...(hint === null ? {} : { hint }),
  });
}
