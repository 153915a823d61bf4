import type { Agent } from 'node:http';
import { Fault } from '@hullcheck/core';
import { type EngineAddress, formatEngineAddress } from './address.ts';
import { http, loadHttps } from './built-ins.ts';
import { SILENCE, sendRequest } from './http-request.ts';
import { connectTimeoutMs } from './limits.ts';

export interface EngineAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Iterate to the end or call `cancel`. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

export interface GetOptions {
  readonly signal: AbortSignal;
  /** Bounds the wait for headers and each silence in the body; 0: none. */
  readonly idleTimeoutMs: number;
  /** After each piece of the body the next is left to gather for so long; none by default. */
  readonly gatherMs?: number;
}

/** How an engine is asked: the only verb is GET, so nothing here can change anything. */
export interface EngineTransport {
  readonly address: string;
  get(path: string, options: GetOptions): Promise<EngineAnswer>;
  close(): Promise<void>;
}

export function connectEngine(address: EngineAddress): EngineTransport {
  const place = formatEngineAddress(address);
  const agent = openAgent(address);
  const to =
    address.kind === 'unix'
      ? { socketPath: address.path }
      : { host: hostOf(address.url), port: Number(address.url.port) || null };
  return {
    address: place,
    async get(path, { signal, idleTimeoutMs, gatherMs = 0 }) {
      try {
        const answer = await sendRequest({
          agent,
          to,
          path,
          method: 'GET',
          headers: { host: 'localhost', 'user-agent': 'hullcheck' },
          body: null,
          connectMs: connectTimeoutMs,
          idleMs: idleTimeoutMs,
          gatherMs,
          signal,
        });
        const named = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
        return {
          status: answer.status,
          headers: Object.fromEntries(named),
          body: chunksOf(answer.body, place, signal),
          cancel: () => answer.cancel(),
        };
      } catch (error) {
        throw engineFault(error, place, signal);
      }
    },
    close: async () => agent.destroy(),
  };
}

const CONNECTIONS_MAX = 12;

function openAgent(address: EngineAddress): Agent {
  const kept = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
  if (address.kind === 'unix' || address.url.protocol === 'http:') return new http.Agent(kept);
  const { ca, certificate, key } = address.tls ?? {};
  return new (loadHttps().Agent)({
    ...kept,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  });
}

/** Without the brackets that an address of IPv6 has in a URL. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

async function* chunksOf(
  body: AsyncIterable<Uint8Array>,
  place: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw engineFault(error, place, signal);
  }
}

export function engineFault(thrown: unknown, place: string, signal: AbortSignal): Fault {
  if (thrown instanceof Fault) return thrown;
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    if (reason instanceof Fault) return reason;
    const isDeadline = reason instanceof Error && reason.name === 'TimeoutError';
    return new Fault(
      isDeadline ? 'timed-out' : 'cancelled',
      isDeadline ? 'the engine did not answer in time' : 'cancelled',
      {
        place,
      },
    );
  }
  const code = errorCode(thrown);
  if (code === 'EACCES' || code === 'EPERM') {
    return new Fault('runtime-forbidden', 'this user may not open the engine’s socket', { place, cause: thrown });
  }
  if (code === SILENCE) {
    return new Fault('timed-out', 'the engine did not answer in time', { place, cause: thrown });
  }
  return new Fault('runtime-unavailable', `the engine could not be reached (${code ?? 'unknown cause'})`, {
    place,
    cause: thrown,
  });
}

/** The code of an error of the system, through its causes. */
export function errorCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth += 1) {
    const code: unknown = Reflect.get(error, 'code');
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return undefined;
}
