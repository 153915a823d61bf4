import { expect, it } from 'vitest';
import { createEngineClient } from './client.ts';
import type { EngineTransport } from './transport.ts';

const id = (letter: string) => letter.repeat(64);
const signal = () => AbortSignal.timeout(5_000);

/** Podman's answers by path; what is not among them is not found. */
function podmanOf(answers: Readonly<Record<string, unknown>>): EngineTransport {
  return {
    address: 'unix:///run/podman/podman.sock',
    async get(path) {
      const answer = answers[path.replace(/^\/v1\.\d+/, '')];
      return {
        status: answer === undefined ? 404 : 200,
        headers: {},
        body: (async function* () {
          yield Buffer.from(JSON.stringify(answer ?? {}));
        })(),
        cancel: () => undefined,
      };
    },
    close: async () => undefined,
  };
}

const version = { Version: '5.2', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] };
const containers = [
  { Id: id('a'), Names: ['/web'], State: 'running' },
  { Id: id('b'), Names: ['/alone'], State: 'configured' },
];
const own = [
  { Id: id('a'), Pod: id('e'), PodName: 'shop' },
  { Id: id('b'), Pod: '', PodName: '' },
];

it("gives containers the pod that Podman's own list names", async () => {
  const transport = podmanOf({
    '/version': version,
    '/containers/json?all=true': containers,
    '/v4.0.0/libpod/containers/json?all=true': own,
  });
  const listed = await createEngineClient(transport).containers(signal());
  expect(listed.map(({ name, state, pod }) => [name, state, pod])).toEqual([
    ['web', 'running', { namespace: null, name: 'shop', uid: id('e') }],
    ['alone', 'created', null],
  ]);
});

it('lists the containers of a Podman without such a list, without pods', async () => {
  const transport = podmanOf({ '/version': version, '/containers/json?all=true': containers });
  expect((await createEngineClient(transport).containers(signal())).map(({ pod }) => pod)).toEqual([null, null]);
});
