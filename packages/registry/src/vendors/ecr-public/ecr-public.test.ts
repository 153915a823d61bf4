import { afterEach, expect, it } from 'vitest';
import { accessKey, startFakeAws } from '../../aws/fake-aws.testing.ts';
import { clientOf, closeFakes, digestOf, faultOf, namesOf } from '../fake.testing.ts';

afterEach(closeFakes);

const start = () =>
  startFakeAws({ service: 'ecr-public', region: 'us-east-1', repositories: ['web', 'api', 'db'], pageItems: 2 });

it("lists one's own registry under its alias, signed for us-east-1 whatever region was given", async () => {
  const { server } = await start();
  const credentials = { ...accessKey, region: 'eu-west-1' };
  const client = clientOf(server, 'ecr-public', { credentials, apiOrigin: server.origin });
  expect(await namesOf(client)).toEqual(['a1b2c3/web', 'a1b2c3/api', 'a1b2c3/db']);
  expect(await digestOf(client, 'a1b2c3/api')).toMatch(/^sha256:/);
});

it('has nothing to list without a key', async () => {
  const { server } = await start();
  expect(await faultOf(() => namesOf(clientOf(server, 'ecr-public', { apiOrigin: server.origin })))).toMatchObject({
    reason: 'LISTING_UNSUPPORTED',
  });
});
