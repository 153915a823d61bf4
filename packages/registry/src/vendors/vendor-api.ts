import type { Fault } from '@hullcheck/core';
import type { ZodType } from 'zod';
import { parseJson, readBody } from '../body.ts';
import { basicAuthorization, type Credentials } from '../credentials.ts';
import { RegistryFault } from '../fault.ts';
import { errorBytesMax, listPageBytesMax } from '../limits.ts';
import { nextPage } from '../link.ts';
import { startOperation } from '../operation.ts';
import { isRateLimit, refusal, refusalOf } from '../refusal.ts';
import type { VendorContext } from './vendor.ts';

/** One request to a vendor's own API, which is no distribution API: other errors, other pages. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it is about, for the place of a fault: a project, an account. Never a credential. */
  readonly what: string;
  readonly bytesMax?: number;
  /** Reads the vendor's own error body; undefined leaves the judgement to the status. */
  readonly explain?: (refused: ApiRefusal) => Fault | undefined;
}

export interface ApiRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined. */
  readonly json: unknown;
  readonly text: string;
  /** `host/what`, for the fault. */
  readonly place: string;
}

export interface ApiAnswer {
  readonly bytes: Uint8Array;
  /** The next page of the same origin, by the `Link` header. */
  readonly next: URL | undefined;
}

/**
 * Sends to a vendor's API. No redirect is followed: these APIs have none, and their credentials go nowhere else. A host that
 * the operator configured may lie in a private network; one that this source names may not.
 */
export async function fetchApi(request: ApiRequest, context: VendorContext, signal: AbortSignal): Promise<ApiAnswer> {
  const { transport, clock } = context;
  const operation = startOperation(transport, clock, signal);
  const configured = [context.base, context.apiBase, context.exchangeBase].some(
    (it) => it?.origin === request.url.origin,
  );
  const answer = await operation.exchange({
    method: request.method ?? 'GET',
    url: request.url,
    reach: configured ? 'registry' : 'elsewhere',
    headers: { accept: 'application/json', 'accept-encoding': 'identity', ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  if (answer.status !== 200) {
    const access = { kind: 'api', what: request.what } as const;
    if (isRateLimit(answer)) throw await refusal(answer, access, clock, signal);
    const bytes = await readBody(answer, errorBytesMax, signal);
    const place = `${request.url.host}/${request.what}`;
    const { status, headers } = answer;
    const text = new TextDecoder().decode(bytes);
    const explained = request.explain?.({ status, headers, json: parseJson(bytes), text, place });
    throw explained ?? refusalOf(answer, access, clock, undefined);
  }
  const next = nextPage(answer.headers.link, request.url);
  return { bytes: await readBody(answer, request.bytesMax ?? listPageBytesMax, signal), next };
}

/** {@link fetchApi} for JSON of a known shape; another one is a fault. */
export async function fetchApiJson<T>(
  request: ApiRequest,
  schema: ZodType<T>,
  context: VendorContext,
  signal: AbortSignal,
): Promise<{ readonly value: T; readonly next: URL | undefined }> {
  const { bytes, next } = await fetchApi(request, context, signal);
  const parsed = schema.safeParse(parseJson(bytes));
  if (parsed.success) return { value: parsed.data, next };
  throw new RegistryFault('unsupported', 'ANSWER_INVALID', "the vendor's API gave an unexpected answer", {
    place: request.url.host,
  });
}

/** The header for APIs that take the registry's own credentials. */
export function apiAuthorization(credentials: Credentials | null): Readonly<Record<string, string>> {
  if (credentials?.kind === 'basic')
    return { authorization: basicAuthorization(credentials.username, credentials.password) };
  return credentials?.kind === 'bearer' ? { authorization: `Bearer ${credentials.token}` } : {};
}

/** The fault of vendors without a list, or without one for these credentials: repositories are named then. */
export function noListing(message: string, place: string): RegistryFault {
  return new RegistryFault('unsupported', 'LISTING_UNSUPPORTED', message, {
    place,
    hint: 'Name the repositories that are wanted.',
  });
}
