import type { Agent as TlsAgent } from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { createGzip, gzipSync } from 'node:zlib';
import {
  type AgentReportAnswer,
  type ApiClientOf,
  agentCalls,
  createClientOf,
  readAnswer,
  type Transport,
  type TransportResponse,
} from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { type HttpAgent, http, loadHttps, loadTls, sendRequest } from '@hullcheck/runtimes';
import { consoleAnswerBytesMax, consoleCallMs, consoleHandshakeMs, consoleTimeoutMs } from '../limits.ts';
import type { ReportText } from './report-text.ts';
import { parsePin } from './server-address.ts';

export interface ConsoleOptions {
  readonly server: URL;
  /** SHA-256 of the console's certificate; then this certificate and no other is trusted. */
  readonly pin: string | null;
  readonly key: string | null;
  readonly signal: AbortSignal;
  /** `consoleHandshakeMs` by default. */
  readonly handshakeMs?: number;
}

/** The console as an agent's own key lets it be called. */
export type AgentApi = ApiClientOf<(typeof agentCalls)[keyof typeof agentCalls]['id']>;

export interface ConsoleConnection {
  readonly api: AgentApi;
  /** Sends a report that is a text already, piece by piece. */
  report(text: ReportText): Promise<AgentReportAnswer>;
  close(): Promise<void>;
}

const https = loadHttps();
const tls = loadTls();
const CONNECT_MS = 10_000;
/** An idle connection is kept this long: over a link that was cut meanwhile a report would wait a minute for an answer. */
const KEPT_MS = 4_000;

export function connectConsole({ server, pin, key, signal, handshakeMs }: ConsoleOptions): ConsoleConnection {
  const agent = openAgent(server, pin, { handshakeMs: handshakeMs ?? consoleHandshakeMs, signal });
  const to = { host: server.hostname.replace(/^\[|\]$/g, ''), port: Number(server.port) || null };
  const own = { 'user-agent': 'hullcheck-agent', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };

  async function exchange(
    { method, path, headers }: Omit<Parameters<Transport>[0], 'body'>,
    packed: readonly Uint8Array[] | null,
  ): Promise<TransportResponse> {
    // Idle timeouts alone would let a console drip its answer for days, and no report would go out meanwhile.
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(consoleCallMs)]);
    try {
      const answer = await sendRequest({
        agent,
        to,
        path,
        method,
        headers: { ...headers, host: server.host, ...(packed === null ? {} : { 'content-encoding': 'gzip' }) },
        body: packed,
        connectMs: CONNECT_MS,
        idleMs: consoleTimeoutMs,
        signal: bounded,
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of answer.body) {
        bytes += chunk.byteLength;
        if (bytes > consoleAnswerBytesMax) throw new Fault('limit-exceeded', "the console's answer is too large");
        chunks.push(chunk);
      }
      return {
        status: answer.status,
        text: Buffer.concat(chunks).toString('utf8'),
        retryAfter: answer.headers['retry-after'],
      };
    } catch (error) {
      throw consoleFault(error, server, signal);
    }
  }

  const transport: Transport = ({ body, ...asked }) => exchange(asked, body === null ? null : [gzipSync(body)]);
  return {
    api: createClientOf(Object.values(agentCalls), transport, own),
    async report(text) {
      const { id, method, path, response } = agentCalls.report;
      const headers = { accept: 'application/json', 'content-type': 'application/json', ...own };
      return readAnswer(response, id, await exchange({ method, path, headers }, await pack(text)));
    },
    close: async () => agent.destroy(),
  };
}

/** Packed a report of a big host has 0.8 of 5.4 MB. */
async function pack(text: ReportText): Promise<readonly Uint8Array[]> {
  const packed: Uint8Array[] = [];
  for await (const chunk of Readable.from(text()).pipe(createGzip())) packed.push(chunk);
  return packed;
}

interface HandshakeBounds {
  readonly handshakeMs: number;
  readonly signal: AbortSignal;
}

function openAgent(server: URL, pin: string | null, bounds: HandshakeBounds): HttpAgent {
  const kept = { keepAlive: true, maxSockets: 2, timeout: KEPT_MS };
  if (server.protocol === 'http:') return new http.Agent(kept);
  return pin === null ? new https.Agent(kept) : new PinnedAgent(kept, pin, bounds);
}

/** The pinned certificate stands for itself: who signed it and for which name does not matter, another one never passes. */
class PinnedAgent extends https.Agent {
  readonly #pin: string;
  readonly #bounds: HandshakeBounds;
  // No authority is believed, so none is loaded: OpenSSL's store of them takes MiB.
  readonly #context = tls.createSecureContext({ ca: [] });

  constructor(options: ConstructorParameters<typeof TlsAgent>[0], pin: string, bounds: HandshakeBounds) {
    super({ ...options, maxCachedSessions: 0 });
    this.#pin = pin;
    this.#bounds = bounds;
  }

  /** The request gets the connection, and with it the key, only after the certificate was seen. */
  override createConnection(
    options: Parameters<TlsAgent['createConnection']>[0],
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const target = { ...options, secureContext: this.#context, rejectUnauthorized: false };
    const socket: TLSSocket = tls.connect(target as ConnectionOptions);
    // The request has no socket yet, so neither its own time-outs nor its signal end this: a peer that takes the connection and says
    // nothing would hold the agent for ever.
    const { handshakeMs, signal } = this.#bounds;
    const giveUp = () => void socket.destroy(new Error('no TLS handshake in time'));
    const timer = setTimeout(giveUp, handshakeMs);
    signal.addEventListener('abort', giveUp);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    const failed = (error: Error) => {
      settle();
      callback?.(error, socket);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      settle();
      socket.off('error', failed);
      const certificate = socket.getPeerX509Certificate();
      if (certificate !== undefined && parsePin(certificate.fingerprint256) === this.#pin)
        return callback?.(null, socket);
      socket.destroy();
      failed(
        new Fault('ssl-handshake', "the console's certificate is not the pinned one", {
          hint: 'If the console has a new certificate, enrol this agent again with the command that the console shows.',
        }),
      );
    });
  }
}

function consoleFault(thrown: unknown, server: URL, signal: AbortSignal): Fault {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth += 1) {
    if (error instanceof Fault) return error;
    const code: unknown = Reflect.get(error, 'code');
    if (typeof code === 'string' && /CERT|SSL|TLS|SIGNED|ALTNAME|UNABLE_TO_/.test(code)) {
      return new Fault('ssl-handshake', `TLS with the console failed (${code})`, {
        place: server.host,
        cause: thrown,
        hint: 'Use the command that the console shows: it pins the console’s certificate.',
      });
    }
  }
  if (signal.aborted) return new Fault('cancelled', 'cancelled', { place: server.host });
  return new Fault('unreachable', 'the console could not be reached', { place: server.host, cause: thrown });
}
