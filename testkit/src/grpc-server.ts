import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';

/** The value of a protobuf field: text, number, nested message, or several of them. */
export type ProtoValue =
  | string
  | number
  | bigint
  | Uint8Array
  | ProtoMessage
  | readonly ProtoValue[]
  | Map<string, string>;
/** A message by field numbers, as the published .proto files number them. */
export interface ProtoMessage {
  readonly [number: number]: ProtoValue;
}

export function encodeProto(message: ProtoMessage): Buffer {
  return Buffer.concat(Object.entries(message).map(([number, value]) => encodeField(Number(number), value)));
}

function encodeField(number: number, value: ProtoValue): Buffer {
  if (Array.isArray(value)) return Buffer.concat(value.map((item: ProtoValue) => encodeField(number, item)));
  if (typeof value === 'number' || typeof value === 'bigint')
    return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);
  if (value instanceof Map)
    return Buffer.concat([...value].map(([key, text]) => encodeField(number, encodeProto({ 1: key, 2: text }))));
  const bytes =
    typeof value === 'string'
      ? Buffer.from(value)
      : value instanceof Uint8Array
        ? value
        : encodeProto(value as ProtoMessage);
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.byteLength)), bytes]);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Buffer.from(out);
}

/** One answer: messages to send and the status to end with; `hang` keeps the call open. */
export interface GrpcReply {
  readonly messages?: readonly Uint8Array[];
  readonly status?: number;
  readonly hang?: boolean;
}

export interface GrpcServer {
  readonly socketPath: string;
  /** Methods that were called, `package.Service/Method`, in order. */
  readonly called: readonly string[];
  close(): Promise<void>;
}

/** A gRPC server on a unix socket. What `answer` gives undefined for is not implemented, status 12. */
export async function startGrpcServer(
  socketPath: string,
  answer: (method: string, request: Buffer) => GrpcReply | undefined,
): Promise<GrpcServer> {
  const called: string[] = [];
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const method = String(headers[':path']).slice(1);
    called.push(method);
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const reply = answer(method, Buffer.concat(chunks).subarray(5)) ?? { status: 12 };
      const status = String(reply.status ?? 0);
      if ((reply.messages ?? []).length === 0 && reply.hang !== true) {
        // Trailers only.
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status },
          { endStream: true },
        );
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
      for (const message of reply.messages ?? []) {
        const head = Buffer.alloc(5);
        head.writeUInt32BE(message.byteLength, 1);
        stream.write(Buffer.concat([head, message]));
      }
      if (reply.hang !== true) stream.end();
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    socketPath,
    called,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
