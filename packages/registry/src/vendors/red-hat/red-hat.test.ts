import { afterEach, expect, it } from 'vitest';
import { probeConnection } from '../../probe.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const account = { kind: 'basic', username: '12345678|hullcheck', password: 'eyJ.token' } as const;
const signal = () => AbortSignal.timeout(10_000);

/**
 * A registry whose token server has the path of Red Hat's. What it can't show: which products a subscription opens, and the
 * terms that some repositories ask to be accepted.
 */
async function startRedHat() {
  const server = await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname === '/auth/realms/rhcc/protocol/redhat-docker-v2/auth') {
      const isRight = headers.authorization === fakes.basic(account.username, account.password);
      return isRight ? { json: { token: 'jwt', expires_in: 300 } } : { status: 401, json: {} };
    }
    return fakes.answerV2(request, {
      repositories: ['ubi9/ubi-minimal'],
      challenge: () =>
        `Bearer realm="${server.origin}/auth/realms/rhcc/protocol/redhat-docker-v2/auth",service="docker-registry"`,
      letsIn: (authorization) => authorization === 'Bearer jwt',
    });
  });
  return server;
}

it('reads named repositories with a registry service account; the bar in its name goes as it is', async () => {
  const client = fakes.clientOf(await startRedHat(), 'red-hat', { credentials: account });
  expect(await fakes.digestOf(client, 'ubi9/ubi-minimal')).toMatch(/^sha256:/);
  expect(await probeConnection(client, { repositories: ['ubi9/ubi-minimal'] }, signal())).toMatchObject({
    status: 'connected',
    partial: 'pull_only',
  });
});

it('says that there is no list, and what a service account is', async () => {
  const server = await startRedHat();
  expect(
    await probeConnection(fakes.clientOf(server, 'red-hat', { credentials: account }), {}, signal()),
  ).toMatchObject({
    code: 'LISTING_UNSUPPORTED',
    detail: expect.stringContaining('Name the repositories'),
  });
  const wrong = fakes.clientOf(server, 'red-hat', { credentials: { ...account, password: 'no' } });
  expect(await probeConnection(wrong, {}, signal())).toMatchObject({
    status: 'authorization_failed',
    detail: expect.stringContaining('number|name'),
  });
});
