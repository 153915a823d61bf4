import { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { type ApiClient, createApiClient, type Transport } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { Agent, buildConnector } from 'undici';
import { consoleAnswerBytesMax, consoleCallMs, consoleTimeoutMs } from '../limits.ts';
import { parsePin } from './server-address.ts';

export interface ConsoleOptions {
  readonly server: URL;
  /** SHA-256 of the console's certificate; then this certificate and no other is trusted. */
  readonly pin: string | null;
  readonly key: string | null;
  readonly signal: AbortSignal;
}

export interface ConsoleConnection {
  readonly api: ApiClient;
  close(): Promise<void>;
}

export function connectConsole({ server, pin, key, signal }: ConsoleOptions): ConsoleConnection {
  const agent = new Agent({
    allowH2: false,
    connections: 2,
    headersTimeout: consoleTimeoutMs,
    bodyTimeout: consoleTimeoutMs,
    connect: pin === null ? { timeout: 10_000, allowH2: false } : pinned(pin),
  });
  const transport: Transport = async ({ method, path, headers, body }) => {
    // Idle timeouts alone would let a console drip its answer for days, and no report would go out meanwhile.
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(consoleCallMs)]);
    if (!isMethod(method)) throw new Fault('internal', 'no such method', { place: method });
    try {
      const packed = body === null ? null : gzipSync(body);
      const response = await agent.request({
        origin: server.origin,
        path,
        method,
        headers: { ...headers, ...(packed === null ? {} : { 'content-encoding': 'gzip' }) },
        body: packed,
        signal: bounded,
      });
      response.body.on('error', () => undefined);
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        bytes += chunk.byteLength;
        if (bytes > consoleAnswerBytesMax) throw new Fault('limit-exceeded', "the console's answer is too large");
        chunks.push(chunk);
      }
      return { status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') };
    } catch (error) {
      throw consoleFault(error, server, signal);
    }
  };
  const headers = { 'user-agent': 'hullcheck-agent', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  return { api: createApiClient(transport, headers), close: () => agent.destroy() };
}

/** The pinned certificate stands for itself: who signed it and for which name does not matter, another one never passes. */
function pinned(pin: string): buildConnector.connector {
  const connect = buildConnector({ timeout: 10_000, allowH2: false, rejectUnauthorized: false, maxCachedSessions: 0 });
  return (target, callback) =>
    connect(target, (error, socket) => {
      if (error !== null) return callback(error, null);
      const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      if (certificate !== undefined && parsePin(certificate.fingerprint256) === pin) return callback(null, socket);
      socket.destroy();
      callback(
        new Fault('ssl-handshake', "the console's certificate is not the pinned one", {
          hint: 'If the console has a new certificate, enrol this agent again with the command that the console shows.',
        }),
        null,
      );
    });
}

function isMethod(method: string): method is 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method);
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
