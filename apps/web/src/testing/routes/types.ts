import type { CallOutput, RouteId, RouteOf } from '@hullcheck/contract';
import type { z } from 'zod';

type Parsed<R, K extends string> = K extends keyof R
  ? R[K] extends z.ZodType
    ? z.output<R[K]>
    : undefined
  : Record<string, never>;
interface Input<I extends RouteId> {
  readonly params: Parsed<RouteOf<I>, 'params'>;
  readonly query: Parsed<RouteOf<I>, 'query'>;
  readonly body: Parsed<RouteOf<I>, 'body'>;
  readonly bytes: number;
  readonly signedIn: boolean;
}
export type Handlers = { readonly [I in RouteId]?: (input: Input<I>) => CallOutput<I> | Promise<CallOutput<I>> };
