import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { startScriptedServer } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { parseProxySettings } from './proxy.ts';
import { createTransport } from './transport.ts';

it.each([
  ['https://ghcr.io/', 'http://proxy:3128/'],
  ['http://plain.example/', 'http://plain-proxy:80/'],
  ['https://registry.corp.example/', undefined],
  ['https://corp.example/', undefined],
  ['https://notcorp.example/', 'http://proxy:3128/'],
  ['https://10.1.2.3/', undefined],
  ['https://11.1.2.3/', 'http://proxy:3128/'],
  ['https://special.example:8443/', undefined],
  ['https://special.example/', 'http://proxy:3128/'],
  ['https://127.0.0.1:5000/', undefined],
  ['https://localhost/', undefined],
  ['https://[fd00::1]/', undefined],
])('%s goes through %s', (url, expected) => {
  const choose = parseProxySettings({
    https_proxy: 'http://proxy:3128',
    HTTP_PROXY: 'plain-proxy:80',
    NO_PROXY: '.corp.example, 10.0.0.0/8 special.example:8443,fd00::/8',
  });
  const chosen = choose(new URL(url));
  expect(chosen?.href).toBe(expected === undefined ? undefined : new URL(expected).href);
});

it('uses no proxy where none is named, and refuses one that is none', () => {
  expect(parseProxySettings({ HTTPS_PROXY: '' })(new URL('https://ghcr.io'))).toBeUndefined();
  expect(parseProxySettings({ HTTPS_PROXY: 'http://p', NO_PROXY: '*' })(new URL('https://ghcr.io'))).toBeUndefined();
  expect(() => parseProxySettings({ HTTPS_PROXY: 'socks5://p' })).toThrow('proxy');
  expect(() => parseProxySettings({ HTTPS_PROXY: 'http://user:100%@p' })).toThrow('broken escape');
});

/** A proxy that tunnels everything to one server, as a name that only it resolves. */
async function startProxy(target: string): Promise<{ server: Server; asked: string[]; url: URL }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (request, client) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const [host = '', port] = target.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [upstream, client]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, asked, url: new URL(`http://user:CANARY@127.0.0.1:${port}`) };
}

it('tunnels names through the proxy, which alone gets its credentials, and still refuses forbidden addresses', async () => {
  const inside = await startScriptedServer((_, response) => response.end('hello'));
  const { server, asked, url } = await startProxy(inside.host);
  const transport = createTransport({ proxy: () => url });
  const get = (target: string) =>
    transport.exchange(
      { method: 'GET', url: new URL(target), headers: {}, reach: 'elsewhere' },
      AbortSignal.timeout(5000),
    );
  try {
    const answer = await get('http://registry.example/v2/');
    expect(answer.status).toBe(200);
    answer.body.destroy();
    expect(asked).toEqual([`registry.example:80 Basic ${Buffer.from('user:CANARY').toString('base64')}`]);
    expect(JSON.stringify(inside.seen)).not.toContain('CANARY');
    expect(inside.seen[0]?.headers['proxy-authorization']).toBeUndefined();
    for (const target of ['http://169.254.169.254/', 'http://10.0.0.1/', 'http://[::1]/', 'http://localhost/']) {
      await expect(get(target)).rejects.toMatchObject({ code: 'address-refused' });
    }
    expect(asked).toHaveLength(1);
  } finally {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await inside.stop();
  }
});
