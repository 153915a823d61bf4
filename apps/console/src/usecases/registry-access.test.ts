import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { type ConnectionTarget, createPublicRegistries, openTarget, parseRegistryUrl } from './registry-access.ts';

const nobody = { all: null, client: null, repositories: [] };
const anyTarget: ConnectionTarget = {
  kind: 'generic',
  url: '',
  apiUrl: null,
  namespaces: [],
  repositories: [],
  tlsCa: null,
  insecureHttp: false,
  allowedAddresses: [],
  trustedRealms: [],
};

it.each([
  ['https://registry.example.com:5000', 'registry.example.com:5000', 'https://registry.example.com:5000'],
  ['http://127.0.0.1:5000/', '127.0.0.1:5000', 'http://127.0.0.1:5000'],
  ['Registry.Example.com', 'registry.example.com', 'registry.example.com'],
  ['https://index.docker.io', 'docker.io', 'docker.io'],
])('reads %s as the registry %s', (text, registry, client) => {
  expect(parseRegistryUrl(text, 'generic')).toMatchObject({ registry, client });
});

it.each(['', 'ftp://a', 'https://user:secret@a', 'https://a?x=1', 'https://'])(
  'refuses %j without repeating it',
  (text) => {
    expect(() => parseRegistryUrl(text, 'generic')).toThrow();
    try {
      parseRegistryUrl(text, 'generic');
    } catch (error) {
      expect(String(error)).not.toContain('secret');
    }
  },
);

it.each(['https://user:CANARY@hub.docker.com', 'https://hub.docker.com/?token=CANARY'])(
  'refuses secrets in the address of Docker Hub too, which would stand in the audit log: %s',
  (text) => {
    expect(() => parseRegistryUrl(text, 'docker-hub')).toThrow();
    expect(parseRegistryUrl('Docker Hub', 'docker-hub').client).toBe('docker.io');
  },
);

it('a registry on this machine makes plain HTTP no way to an API on another one', () => {
  const target: ConnectionTarget = {
    ...anyTarget,
    kind: 'gitlab',
    url: 'localhost:5000',
    apiUrl: 'http://gitlab.example.com',
  };
  const caller = { version: '0' };
  expect(() => openTarget(target, nobody, caller)).toThrow('https address');
  expect(() => openTarget({ ...target, insecureHttp: true }, nobody, caller)).not.toThrow();
  expect(() => openTarget({ ...target, apiUrl: 'http://localhost:8080' }, nobody, caller)).not.toThrow();
});

it('opens only public names by itself, and none when offline', async () => {
  const registries = createPublicRegistries({ offline: false, version: '0' });
  for (const name of [
    'localhost',
    'localhost:5000',
    '10.0.0.1',
    '10.0.0.1:5000',
    'registry',
    'registry:5000',
    'app.localhost',
  ]) {
    expect(registries.open(name), name).toBeUndefined();
  }
  const opened = registries.open('registry.example.com');
  expect(opened).toBeDefined();
  await opened?.close();
  expect(createPublicRegistries({ offline: true, version: '0' }).open('registry.example.com')).toBeUndefined();
});

it('reaches a registry through the proxy of the operator', async () => {
  const asked: string[] = [];
  const proxy = createServer((socket) => {
    socket.once('data', (bytes) => {
      asked.push(bytes.toString('latin1').split('\r\n')[0] ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const { port } = proxy.address() as AddressInfo;
  const target = {
    ...anyTarget,
    url: 'https://registry.example.com',
  } as const;
  const client = openTarget(target, nobody, { version: '0', proxy: () => new URL(`http://127.0.0.1:${port}`) });
  await expect(client.ping(AbortSignal.timeout(5_000))).rejects.toThrow();
  await client.close();
  await new Promise((closed) => proxy.close(closed));
  expect(asked[0]).toBe('CONNECT registry.example.com:443 HTTP/1.1');
});

it('follows a registry to other hosts only in networks that the operator named', async () => {
  let asked = 0;
  const store = createHttpServer((_, response) => {
    asked += 1;
    response.end('{}');
  });
  await new Promise<void>((listening) => store.listen(0, '127.0.0.2', listening));
  const { port } = store.address() as AddressInfo;
  const registry = createHttpServer((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.2:${port}/` }).end();
  });
  await new Promise<void>((listening) => registry.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const target = { ...anyTarget, url, insecureHttp: true };
  const faultOf = async (allowedNetworks: readonly string[]): Promise<unknown> => {
    const client = openTarget(target, nobody, { version: '0', allowedNetworks });
    const fault = await client
      .getManifest('a/b', 'latest', AbortSignal.timeout(5_000))
      .catch((error: unknown) => error);
    await client.close();
    return fault;
  };
  expect(await faultOf([])).toMatchObject({
    code: 'address-refused',
    hint: expect.stringContaining('HULLCHECK_ALLOW_NETWORK'),
  });
  expect(asked).toBe(0);
  expect(await faultOf(['127.0.0.2/32'])).not.toMatchObject({ code: 'address-refused' });
  expect(asked).toBe(1);
  registry.close();
  store.close();
});
