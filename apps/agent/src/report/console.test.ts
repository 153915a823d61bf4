import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectConsole } from './console.ts';
import { parsePin, parseServer } from './server-address.ts';

it.each(['http://console.example', 'ftp://x', 'console.example', 'https://user:pass@console.example', ''])(
  'refuses the console address %j',
  (text) => {
    expect(() => parseServer(text)).toThrow();
  },
);

it('takes plain HTTP only on this machine', () => {
  expect(parseServer('http://127.0.0.1:8480/').origin).toBe('http://127.0.0.1:8480');
  expect(parseServer('http://localhost:8480').origin).toBe('http://localhost:8480');
  expect(parseServer('http://[::1]:8480').origin).toBe('http://[::1]:8480');
  expect(() => parseServer('http://127.0.0.1.evil.example')).toThrow();
});

it('reads fingerprints as people copy them', () => {
  const hex = 'ab'.repeat(32);
  const colons = hex.toUpperCase().match(/../g)?.join(':') ?? '';
  for (const text of [hex, colons, `sha256:${hex}`, ` SHA-256:${colons} `]) expect(parsePin(text)).toBe(hex);
  for (const text of ['', 'ab', 'x'.repeat(64)]) expect(() => parsePin(text)).toThrow();
});

describe('a console that takes connections and says nothing', () => {
  let server: Server;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    server = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const connect = (signal: AbortSignal, handshakeMs: number) =>
    connectConsole({
      server: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`),
      pin: '0'.repeat(64),
      key: 'k',
      signal,
      handshakeMs,
    });

  it('is given up when its handshake takes too long, and asked again', async () => {
    const connection = connect(new AbortController().signal, 50);
    const report = () => connection.report(() => ['{}']);
    await expect(report()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(report()).rejects.toMatchObject({ code: 'unreachable' });
    expect(sockets).toHaveLength(2);
    await connection.close();
  });

  it('keeps nobody from ending', async () => {
    const stop = new AbortController();
    const connection = connect(stop.signal, 3_600_000);
    const report = connection.report(() => ['{}']);
    await expect.poll(() => sockets.length).toBe(1);
    stop.abort();
    await expect(report).rejects.toMatchObject({ code: 'cancelled' });
    await connection.close();
  });
});
