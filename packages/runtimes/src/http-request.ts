import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent as TlsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { http, loadHttps } from './built-ins.ts';

/** Connections that are kept for the next request: of Node's own clients, as undici takes 12 MiB in each process that loads it. */
export type HttpAgent = Agent | TlsAgent;

export interface HttpRequest {
  readonly agent: HttpAgent;
  readonly to: { readonly host: string; readonly port: number | null } | { readonly socketPath: string };
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In pieces: of a packed report of a big host there is no second copy. */
  readonly body: readonly Uint8Array[] | null;
  readonly connectMs: number;
  /** Bounds the wait for headers and each wait for more of the body; 0: none. */
  readonly idleMs: number;
  /** After each piece of the body its connection is not read for so long; 0 by default. */
  readonly gatherMs?: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Iterate to the end or call `cancel`. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

/** Code of the error of a server that said nothing for too long. */
export const SILENCE = 'ERR_SILENCE';

/** Throws what Node throws, the signal's reason, or an error of code `ERR_SILENCE`. */
export async function sendRequest(asked: HttpRequest): Promise<HttpAnswer> {
  for (let tries = 1; ; tries += 1) {
    const sent = send(asked);
    try {
      return await sent.answer;
    } catch (error) {
      // A kept connection that its server closed meanwhile: nothing was heard of this request, and reading again changes nothing.
      const isStale = sent.request.reusedSocket && error instanceof Error && 'code' in error && STALE.has(error.code);
      if (!isStale || tries > 2 || asked.method !== 'GET' || asked.signal.aborted) throw error;
    }
  }
}

const STALE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

function send(asked: HttpRequest): { readonly request: ClientRequest; readonly answer: Promise<HttpAnswer> } {
  const { agent, to, method, path, body, connectMs, idleMs, gatherMs = 0, signal } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const open = Reflect.get(agent, 'protocol') === 'https:' ? loadHttps().request : http.request;
  const bytes = body?.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const length = bytes === undefined ? {} : { 'content-length': String(bytes) };
  const sent = open({
    agent,
    ...('socketPath' in to ? to : { host: to.host, ...(to.port === null ? {} : { port: to.port }) }),
    method,
    path,
    headers: { ...asked.headers, ...length },
  });
  const abort = () => sent.destroy(toError(signal.reason));
  const settle = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
  let timer: NodeJS.Timeout | undefined;
  const within = (ms: number, code: string) => {
    clearTimeout(timer);
    if (ms > 0) timer = setTimeout(() => sent.destroy(coded(code)), ms);
  };
  sent.once('socket', (socket) => {
    if (!socket.connecting) return within(idleMs, SILENCE);
    within(connectMs, 'ETIMEDOUT');
    socket.once('connect', () => within(idleMs, SILENCE));
  });
  sent.once('response', (response) => {
    settle();
    // A body that nobody waits for any more must not end the process with an unhandled 'error' event.
    response.on('error', () => undefined);
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: bodyOf(response, idleMs, gatherMs, signal),
      cancel: () => void response.destroy(),
    });
  });
  sent.on('error', (error) => {
    settle();
    reject(error);
  });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  for (const piece of body ?? []) sent.write(piece);
  sent.end();
  return { request: sent, answer: promise };
}

/** Silence counts only while somebody waits: a slow reader is not a slow server. */
async function* bodyOf(
  response: IncomingMessage,
  idleMs: number,
  gatherMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let isWaiting = true;
  const timer =
    idleMs === 0
      ? undefined
      : setTimeout(() => {
          if (isWaiting) response.destroy(coded(SILENCE));
          else timer?.refresh();
        }, idleMs);
  const abort = () => void response.destroy(toError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    for await (const chunk of response) {
      isWaiting = false;
      yield chunk;
      if (gatherMs > 0) await paused(response, gatherMs, signal);
      isWaiting = true;
      timer?.refresh();
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** What comes meanwhile stays with the kernel, and is read as one piece. */
async function paused({ socket }: IncomingMessage, gatherMs: number, signal: AbortSignal): Promise<void> {
  socket.pause();
  await sleep(gatherMs, undefined, { signal }).catch(() => undefined);
  socket.resume();
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

function coded(code: string): Error {
  return Object.assign(new Error('no answer in time'), { code });
}
