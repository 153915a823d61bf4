import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeProto, type GrpcReply, startGrpcServer } from '@hullcheck/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GrpcChannel, isNotOffered, openGrpcChannel } from './channel.ts';
import { encode, large, message, nested, repeated, small, text, textMap, texts, timestamp } from './messages.ts';

const shape = message({ name: text(1) });
const signal = () => AbortSignal.timeout(5_000);
const METHOD = 'x.Y/Z';

let folder: string;
let channel: GrpcChannel | undefined;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hullcheck-grpc-'));
});
afterEach(async () => {
  await channel?.close();
  for (const step of cleanUp.splice(0)) await step();
  await rm(folder, { recursive: true });
});

async function serve(reply: GrpcReply | ((request: Buffer) => GrpcReply | undefined)): Promise<GrpcChannel> {
  const server = await startGrpcServer(join(folder, 's.sock'), (_method, request) =>
    typeof reply === 'function' ? reply(request) : reply,
  );
  cleanUp.push(() => server.close());
  channel = openGrpcChannel(server.socketPath);
  return channel;
}
const ask = (asked: GrpcChannel) => asked.call(METHOD, encode({}), shape, { signal: signal() });

describe('a gRPC channel', () => {
  it('sends one message and reads one, many times over one connection', async () => {
    const open = await serve((request) => ({
      messages: [encodeProto({ 1: `got ${request.subarray(2).toString()}` })],
    }));
    for (const name of ['a', 'b'])
      expect(await open.call(METHOD, encode({ 1: name }), shape, { signal: signal() })).toEqual({
        name: `got ${name}`,
      });
  });

  it.each([
    [4, 'timed-out'],
    [5, 'not-found'],
    [7, 'runtime-forbidden'],
    [8, 'limit-exceeded'],
    [12, 'unsupported'],
    [13, 'runtime-unavailable'],
  ])('takes status %i for %s, also after messages', async (status, code) => {
    const open = await serve((request) => ({
      status,
      messages: request.byteLength === 0 ? [] : [encodeProto({ 1: 'x' })],
    }));
    await expect(ask(open)).rejects.toMatchObject({ code });
    await expect(open.call(METHOD, encode({ 1: 'x' }), shape, { signal: signal() })).rejects.toMatchObject({ code });
  });

  it('tells a call that is not offered from an answer that is not understood', async () => {
    const refused = await ask(await serve({ status: 12 })).catch((error: unknown) => error);
    expect(isNotOffered(refused)).toBe(true);
    await channel?.close();
    await cleanUp.pop()?.();
    const broken = await ask(await serve({ messages: [Buffer.from([0x0a, 0x7f])] })).catch((error: unknown) => error);
    expect(broken).toMatchObject({ code: 'unsupported' });
    expect(isNotOffered(broken)).toBe(false);
  });

  it('refuses a message above its limit before it is here, and one that was compressed unasked', async () => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(0xffffffff, 1);
    for (const [bytes, code] of [
      [head, 'limit-exceeded'],
      [Buffer.from([1, 0, 0, 0, 0]), 'unsupported'],
    ] as const) {
      const { createServer } = await import('node:http2');
      const server = createServer();
      server.on('stream', (stream) => {
        stream.on('error', () => undefined);
        stream.respond({ ':status': 200 });
        stream.write(bytes);
      });
      const path = join(folder, `${code}.sock`);
      server.listen(path);
      const open = openGrpcChannel(path);
      await expect(ask(open)).rejects.toMatchObject({ code });
      await open.close();
      server.close();
    }
  });

  it('ends with its signal, also in the middle of a stream', async () => {
    const open = await serve({ messages: [encodeProto({ 1: 'first' })], hang: true });
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { name } of open.stream(METHOD, encode({}), shape, { signal: stop.signal })) {
        seen.push(name);
        stop.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual(['first']);
    const late = open.call(METHOD, encode({}), shape, { signal: AbortSignal.timeout(100) });
    await expect(late).rejects.toMatchObject({ code: 'timed-out' });
  });

  it('says that nothing is there, that nothing answers, and comes back when something does', async () => {
    const nowhere = openGrpcChannel(join(folder, 'none.sock'));
    await expect(ask(nowhere)).rejects.toMatchObject({ code: 'runtime-unavailable' });
    const open = await serve({ messages: [encodeProto({ 1: 'x' })] });
    await ask(open);
    await cleanUp.pop()?.();
    await expect(ask(open)).rejects.toMatchObject({ code: 'runtime-unavailable' });
    const again = await startGrpcServer(join(folder, 's.sock'), () => ({ messages: [encodeProto({ 1: 'back' })] }));
    cleanUp.push(() => again.close());
    expect(await ask(open)).toEqual({ name: 'back' });
  });

  it('fails at a server that speaks something else', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const path = join(folder, 'http.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const open = openGrpcChannel(path);
    await expect(ask(open)).rejects.toMatchObject({ name: 'Fault' });
    await open.close();
    server.close();
  });
});

describe('a protobuf message', () => {
  const all = message({
    name: text(1),
    more: texts(2),
    labels: textMap(3),
    some: textMap(4, new Set(['kept'])),
    count: small(5),
    nanoseconds: large(6),
    at: timestamp(7),
    inner: nested(8, shape),
    list: repeated(9, shape),
  });

  it('is read by its table, whatever else stands in it', () => {
    const bytes = encodeProto({
      1: 'n',
      2: ['a', 'b'],
      3: new Map([
        ['__proto__', 'x'],
        ['k', 'v'],
      ]),
      4: new Map([
        ['kept', '1'],
        ['secret', 'CANARY'],
      ]),
      5: -1,
      6: 1_800_000_000_000_000_001n,
      7: { 1: 1_767_225_600, 2: 5_000_000 },
      8: { 1: 'inner', 50: 'CANARY' },
      9: [{ 1: 'one' }, { 1: 'two' }],
      99: { 1: 'CANARY' },
    });
    const value = all.decode(bytes);
    expect(value).toMatchObject({
      name: 'n',
      more: ['a', 'b'],
      some: { kept: '1' },
      count: -1,
      nanoseconds: 1_800_000_000_000_000_001n,
      at: '2026-01-01T00:00:00.005Z',
      inner: { name: 'inner' },
      list: [{ name: 'one' }, { name: 'two' }],
    });
    expect(Object.entries(value.labels)).toEqual([
      ['__proto__', 'x'],
      ['k', 'v'],
    ]);
    expect(Object.keys(value.some)).toEqual(['kept']);
  });

  it("is empty where it says nothing, and has no time for Go's zero time", () => {
    expect(all.decode(new Uint8Array())).toMatchObject({
      name: '',
      more: [],
      count: 0,
      nanoseconds: 0n,
      at: null,
      inner: null,
      list: [],
    });
    expect(all.decode(encodeProto({ 7: { 1: -62_135_596_800n } })).at).toBeNull();
  });

  it('never throws anything but a Fault, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          all.decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Fault', code: 'unsupported' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never deeper than its limit', () => {
    interface Self {
      readonly next: Self | null;
    }
    const self: { decode(bytes: Uint8Array, depth?: number): Self } = {
      decode: (bytes, depth) => message({ next: nested(1, self) }).decode(bytes, depth),
    };
    let bytes: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 1_000; depth += 1) bytes = encodeProto({ 1: bytes });
    expect(() => self.decode(bytes)).toThrow('nested too deeply');
  });
});
