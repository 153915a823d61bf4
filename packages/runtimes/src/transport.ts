import { Fault } from '@hullcheck/core';
import { Agent, buildConnector } from 'undici';
import { type EngineAddress, formatEngineAddress } from './address.ts';
import { connectTimeoutMs } from './limits.ts';

export interface EngineAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Iterate to the end or call `cancel`. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

/** How an engine is asked: the only verb is GET, so nothing here can change anything. */
export interface EngineTransport {
  readonly address: string;
  /** `idleTimeoutMs` bounds the wait for headers and each silence in the body; 0: none. */
  get(path: string, options: { readonly signal: AbortSignal; readonly idleTimeoutMs: number }): Promise<EngineAnswer>;
  close(): Promise<void>;
}

export function connectEngine(address: EngineAddress): EngineTransport {
  const place = formatEngineAddress(address);
  const origin = address.kind === 'unix' ? 'http://localhost' : address.url.origin;
  const tls = address.kind === 'tcp' ? address.tls : null;
  const agent = new Agent({
    allowH2: false,
    connections: 12,
    connect: buildConnector({
      timeout: connectTimeoutMs,
      allowH2: false,
      socketPath: address.kind === 'unix' ? address.path : null,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
    }),
  });
  return {
    address: place,
    async get(path, { signal, idleTimeoutMs }) {
      try {
        const { statusCode, headers, body } = await agent.request({
          origin,
          path,
          method: 'GET',
          headers: { host: 'localhost', 'user-agent': 'hullcheck' },
          headersTimeout: idleTimeoutMs,
          bodyTimeout: idleTimeoutMs,
          signal,
        });
        // A body that nobody waits for any more must not end the process with an unhandled 'error' event.
        body.on('error', () => undefined);
        const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]);
        return {
          status: statusCode,
          headers: Object.fromEntries(named),
          body: chunksOf(body, place, signal),
          cancel: () => void body.destroy(),
        };
      } catch (error) {
        throw engineFault(error, place, signal);
      }
    },
    close: () => agent.destroy(),
  };
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
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
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
