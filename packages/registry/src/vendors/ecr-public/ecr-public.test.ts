import { afterEach, expect, it } from 'vitest';
import { accessKey, startFakeAws } from '../../aws/fake-aws.testing.ts';
import { startFakeMachine } from '../../machine/fake-machine.testing.ts';
import { createMachineIdentity } from '../../machine/identity.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const start = () =>
  startFakeAws({ service: 'ecr-public', region: 'us-east-1', repositories: ['web', 'api', 'db'], pageItems: 2 });

it("lists one's own registry under its alias, signed for us-east-1 whatever region was given", async () => {
  const { server } = await start();
  const credentials = { ...accessKey, region: 'eu-west-1' };
  const client = fakes.clientOf(server, 'ecr-public', { credentials, apiOrigin: server.origin });
  expect(await fakes.namesOf(client)).toEqual(['a1b2c3/web', 'a1b2c3/api', 'a1b2c3/db']);
  expect(await fakes.digestOf(client, 'a1b2c3/api')).toMatch(/^sha256:/);
});

it('has nothing to list without a key', async () => {
  const { server } = await start();
  expect(
    await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'ecr-public', { apiOrigin: server.origin }))),
  ).toMatchObject({
    reason: 'LISTING_UNSUPPORTED',
  });
});

it("says when images of one's own registry were pushed, and of no other that has the same name", async () => {
  const { server } = await start();
  const client = fakes.clientOf(server, 'ecr-public', { credentials: accessKey, apiOrigin: server.origin });
  expect(await fakes.datesOf(client, 'a1b2c3/web')).toContain('build-9 2026-11-09');
  expect(await fakes.faultOf(() => fakes.datesOf(client, 'bitnami/web'))).toMatchObject({ code: 'unsupported' });
});

it("lists one's own registry by the role of the console's machine", async () => {
  const { server } = await start();
  const hosts = ['public.ecr.aws', 'api.ecr-public.us-east-1.amazonaws.com'];
  const origins = Object.fromEntries(hosts.map((host) => [`https://${host}`, server.origin]));
  const { transport } = await startFakeMachine({ origins });
  const machine = createMachineIdentity({ clouds: ['aws'], environment: {}, transport });
  const options = { registry: 'public.ecr.aws', machine, transport, credentials: { kind: 'machine' } as const };
  expect(await fakes.namesOf(fakes.clientOf(server, 'ecr-public', options))).toHaveLength(3);
});
