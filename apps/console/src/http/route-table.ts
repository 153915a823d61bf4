import type { Readable } from 'node:stream';
import type { CallOutput, Field, RouteId, RouteOf } from '@hullcheck/contract';
import type { z } from 'zod';
import type { Principal } from '../auth/principal.ts';
import type { ScopeView } from '../store/scope.ts';

type Parsed<S> = S extends z.ZodType ? z.output<S> : S extends 'bytes' ? Readable : undefined;

/** One checked and allowed request. */
export interface Call<I extends RouteId> {
  readonly params: Parsed<Field<RouteOf<I>, 'params'>>;
  readonly query: Parsed<Field<RouteOf<I>, 'query'>>;
  /** The parsed JSON body, or the stream of a route that takes bytes. */
  readonly body: Parsed<Field<RouteOf<I>, 'body'>>;
  readonly principal: Principal;
  /** What the caller may see. */
  readonly view: ScopeView;
  readonly address: string;
  /** How the caller reached this console: scheme, name and port. A name that the caller chose. */
  readonly origin: string;
  readonly requestId: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Declared length of the body in bytes, where the client says it. */
  readonly lengthBytes: number | null;
  /** Gives the browser its session (or takes it away). */
  readonly setSession: (token: string | null) => void;
}

/** A file of the console's own making, for a route that answers with bytes. */
export interface FileAnswer {
  readonly path: string;
  readonly bytes: number;
  /** Hex; the strong `ETag`, so a part that is asked for later is a part of the same bytes. */
  readonly sha256: string;
  readonly mediaType: string;
}

type Answer<I extends RouteId> = RouteOf<I> extends { readonly response: 'bytes' } ? FileAnswer : CallOutput<I>;

export type Handler<I extends RouteId> = (call: Call<I>) => Promise<Answer<I>>;

/** Every route of the contract has its handler: one that is missing does not compile, and does not start. */
export type Handlers = { readonly [I in RouteId]: Handler<I> };
