/*
 * gRPC over HTTP/2 on a unix socket, as far as reading needs it: one request message, one or many answer messages
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). No compression is offered, so none is decoded.
 */
import type { EventEmitter } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { Fault } from '@hullcheck/core';
import { loadHttp2 } from '../built-ins.ts';
import { connectTimeoutMs, messageBytesMax } from '../limits.ts';
import { engineFault } from '../transport.ts';
import type { Message } from './messages.ts';

export interface GrpcOptions {
  readonly signal: AbortSignal;
  /** Sent as header `containerd-namespace`. */
  readonly namespace?: string;
}

export interface GrpcChannel {
  /** `unix:///run/…`, for messages to people. */
  readonly address: string;
  /** The one message of the answer. */
  call<T>(method: string, request: Uint8Array, shape: Message<T>, options: GrpcOptions): Promise<T>;
  /** All messages as they come. */
  stream<T>(
    method: string,
    request: Uint8Array,
    shape: Message<T>,
    options: GrpcOptions,
  ): AsyncGenerator<T, void, void>;
  close(): Promise<void>;
}

/** How a call ended: its last block of headers, and the status of HTTP. */
interface End {
  trailers: IncomingHttpHeaders | undefined;
  status: number | undefined;
}

/** The status with which the server ended a call. Codes: https://grpc.io/docs/guides/status-codes/ */
const STATUS: { readonly [code: number]: readonly [Fault['code'], string] } = {
  4: ['timed-out', 'the engine did not answer in time'],
  5: ['not-found', 'the engine has no such image, container or content'],
  7: ['runtime-forbidden', 'the engine forbids this'],
  8: ['limit-exceeded', 'the engine’s answer is larger than it sends at once'],
  12: ['unsupported', 'the engine does not offer this call'],
};

export const isNotOffered = (error: unknown): boolean =>
  error instanceof Fault && error.code === 'unsupported' && error.cause === NOT_OFFERED;
const NOT_OFFERED = 'gRPC status 12';

export function openGrpcChannel(path: string): GrpcChannel {
  const address = `unix://${path}`;
  let session: ClientHttp2Session | undefined;

  async function connected(signal: AbortSignal): Promise<ClientHttp2Session> {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
    let made: ClientHttp2Session;
    try {
      // HTTP/2 is loaded where somebody listens: most hosts have none of the places where a runtime could.
      const socket = await untilConnected(createConnection(path), bounded);
      made = loadHttp2().connect('http://localhost', {
        createConnection: () => socket,
        settings: { initialWindowSize: 1024 * 1024, enablePush: false },
      });
      // It stays: a session that breaks later fails its streams, and without a listener the process.
      made.on('error', () => undefined);
      await untilConnected(made, bounded);
    } catch (error) {
      throw engineFault(error, address, bounded);
    }
    made.setLocalWindowSize(4 * 1024 * 1024);
    // A connection alone shall not keep a process alive that is done.
    made.unref();
    session = made;
    return made;
  }

  async function* stream<T>(method: string, request: Uint8Array, shape: Message<T>, options: GrpcOptions) {
    const { signal, namespace } = options;
    const place = `${address} ${method}`;
    const open = await connected(signal);
    let answer: ClientHttp2Stream;
    try {
      answer = open.request({
        ':method': 'POST',
        ':path': `/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'hullcheck',
        ...(namespace === undefined ? {} : { 'containerd-namespace': namespace }),
      });
    } catch (error) {
      throw engineFault(error, place, signal);
    }
    open.ref();
    const end: End = { trailers: undefined, status: undefined };
    answer.once('response', (headers) => {
      end.status = headers[':status'];
      // Trailers only: the status stands in the one block of headers.
      if (headers['grpc-status'] !== undefined) end.trailers = headers;
    });
    answer.once('trailers', (trailers) => {
      end.trailers = trailers;
    });
    answer.on('error', () => undefined);
    const cancel = () => answer.close(loadHttp2().constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) throw signal.reason;
      answer.end(framed(request));
      for await (const bytes of messagesOf(answer, place)) yield shape.decode(bytes);
      if (signal.aborted) throw signal.reason;
    } catch (error) {
      throw engineFault(error, place, signal);
    } finally {
      signal.removeEventListener('abort', cancel);
      answer.close(loadHttp2().constants.NGHTTP2_CANCEL);
      if (!open.destroyed) open.unref();
    }
    checkEnd(end, place);
  }

  return {
    address,
    stream,
    async call(method, request, shape, options) {
      const messages = [];
      // To the end, where the status stands.
      for await (const one of stream(method, request, shape, options)) messages.push(one);
      const [only] = messages;
      if (only !== undefined) return only;
      throw new Fault('truncated', 'the engine’s answer is empty', { place: `${address} ${method}` });
    },
    async close() {
      session?.destroy();
    },
  };
}

/** The socket or session once it is connected; destroyed where it fails or the signal comes first. */
async function untilConnected<T extends Socket | ClientHttp2Session>(opening: T, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const emitter: EventEmitter = opening;
  emitter.once('connect', resolve);
  emitter.once('error', reject);
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    await promise;
    return opening;
  } catch (error) {
    opening.destroy();
    throw error;
  } finally {
    emitter.off('error', reject);
    signal.removeEventListener('abort', giveUp);
  }
}

function checkEnd({ trailers, status }: End, place: string): void {
  if (trailers === undefined) {
    if (status !== undefined && status !== 200)
      throw new Fault('runtime-unavailable', `the engine answered HTTP ${status}`, { place });
    throw new Fault('truncated', 'the engine’s answer ends in the middle', { place });
  }
  const code = Number(trailers['grpc-status'] ?? 2);
  if (code === 0) return;
  const [fault, words] = STATUS[code] ?? ['runtime-unavailable', `the engine failed with gRPC status ${code}`];
  throw new Fault(fault, words, { place, ...(code === 12 ? { cause: NOT_OFFERED } : {}) });
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** Each message has five bytes before it: whether it is compressed, and its length. */
async function* messagesOf(stream: AsyncIterable<Buffer>, place: string): AsyncGenerator<Uint8Array> {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = 5;
  let isHead = true;
  for await (const chunk of stream) {
    parts.push(chunk);
    held += chunk.byteLength;
    while (held >= wanted) {
      const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      const piece = all.subarray(0, wanted);
      const rest = all.subarray(wanted);
      parts = rest.byteLength === 0 ? [] : [rest];
      held = rest.byteLength;
      if (!isHead) {
        [isHead, wanted] = [true, 5];
        yield piece;
        continue;
      }
      if (piece[0] !== 0) throw new Fault('unsupported', 'the engine compressed its answer, unasked', { place });
      wanted = piece.readUInt32BE(1);
      isHead = false;
      if (wanted > messageBytesMax)
        throw new Fault('limit-exceeded', `the engine’s answer has a message of more than ${messageBytesMax} bytes`, {
          place,
        });
    }
  }
  if (held > 0 || !isHead) throw new Fault('truncated', 'the engine’s answer ends in the middle', { place });
}
