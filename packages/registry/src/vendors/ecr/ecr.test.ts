import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { accessKey, account, role, startFakeAws, webIdentity } from '../../aws/fake-aws.testing.ts';
import { startFakeMachine } from '../../machine/fake-machine.testing.ts';
import { createMachineIdentity } from '../../machine/identity.ts';
import { chooseNewestTags } from '../../newest-tags.ts';
import { probeConnection } from '../../probe.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const region = 'eu-west-1';
const repositories = ['base/node', 'shop/api', 'shop/web'];
const key = { ...accessKey, region };
const start = (more: object = {}) => startFakeAws({ service: 'ecr', region, repositories, pageItems: 2, ...more });
const optionsOf = (origin: string, more: object = {}) => ({
  credentials: key,
  apiOrigin: origin,
  exchangeOrigin: origin,
  ...more,
});

describe('Amazon ECR', () => {
  it('lists page by page and pulls with the token of twelve hours', async () => {
    const { server, tokens } = await start();
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin));
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'shop/api')).toMatch(/^sha256:/);
    expect(await fakes.digestOf(client, 'shop/web')).toMatch(/^sha256:/);
    expect(tokens()).toBe(1);
    expect(await probeConnection(client, {}, AbortSignal.timeout(10_000))).toMatchObject({
      status: 'connected',
      code: 'OK',
    });
  });

  it('asks for another token half an hour before the old one ends', async () => {
    let offsetMs = 0;
    const now = () => Date.now() + offsetMs;
    const { server, tokens } = await start({ now });
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin, { clock: { ...fakes.offsetClock(), now } }));
    await fakes.digestOf(client, 'shop/api');
    offsetMs = 11.4 * 3600_000;
    await fakes.digestOf(client, 'shop/api');
    expect(tokens()).toBe(1);
    offsetMs = 11.6 * 3600_000;
    await fakes.digestOf(client, 'shop/api');
    expect(tokens()).toBe(2);
  });

  it('takes on a role, with its external id, and signs with the session', async () => {
    const { server } = await start();
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin, { credentials: { ...key, role } }));
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'shop/api')).toMatch(/^sha256:/);
    const other = { ...key, role: { ...role, externalId: 'of somebody else' } };
    const refused = fakes.clientOf(server, 'ecr', optionsOf(server.origin, { credentials: other }));
    expect(await fakes.faultOf(() => fakes.namesOf(refused))).toMatchObject({ reason: 'PERMISSION_MISSING' });
  });

  it.each([
    ['another secret', { secretAccessKey: 'wrong' }, 0, 'CREDENTIALS_REFUSED'],
    ['an unknown key', { accessKeyId: 'AKIDOTHER' }, 0, 'CREDENTIALS_REFUSED'],
    ['another region', { region: 'eu-west-2' }, 0, 'CREDENTIALS_REFUSED'],
    ['a clock that is late', {}, -400_000, 'CLOCK_SKEW'],
    ['a clock that is early', {}, 400_000, 'CLOCK_SKEW'],
  ])('says what is wrong with %s', async (_, change, offsetMs, reason) => {
    const { server } = await start();
    const options = optionsOf(server.origin, {
      credentials: { ...key, ...change },
      clock: fakes.offsetClock(offsetMs),
    });
    const fault = await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'ecr', options)));
    expect(fault).toMatchObject({ code: 'authorization-failed', reason });
    expect(JSON.stringify(fault)).not.toContain('wrong');
  });

  it('says when images were pushed, and chooses the newest of all pages', async () => {
    const { server } = await start();
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin, { credentials: { ...key, role } }));
    const days = ['build-3 2026-11-03', 'build-9 2026-11-09', 'latest 2026-11-09', 'build-1 2026-11-01'];
    expect(await fakes.datesOf(client, 'shop/api')).toEqual(days);
    const tags = ['build-1', 'build-3', 'build-9', 'latest', 'not-yet-known'];
    const chosen = await chooseNewestTags(client, 'shop/api', tags, 3, [], AbortSignal.timeout(10_000));
    expect(chosen).toEqual({ tags: ['latest', 'build-9', 'build-3'], by: 'pushed', reason: null });
    // One session of the role serves all of it.
    expect(server.seen.filter(({ headers }) => headers['x-amz-target'] === undefined)).toHaveLength(1);
    expect(await fakes.faultOf(() => fakes.datesOf(client, 'shop/none'))).toMatchObject({ code: 'not-found' });
  });

  it('is refused where the service in the signature is another', async () => {
    const { server } = await startFakeAws({ service: 'ecr-public', region, repositories, pageItems: 2 });
    const fault = await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'ecr', optionsOf(server.origin))));
    expect(fault).toMatchObject({ reason: 'CREDENTIALS_REFUSED' });
  });

  it('pulls what is named where the key may not list, and says what the key needs', async () => {
    const { server } = await start({ mayList: false });
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin));
    const named = { repositories: ['shop/api'] };
    expect(await probeConnection(client, named, AbortSignal.timeout(10_000))).toMatchObject({
      status: 'connected',
      partial: 'pull_only',
      detail: expect.stringContaining('AmazonEC2ContainerRegistryReadOnly'),
    });
    expect(await probeConnection(client, {}, AbortSignal.timeout(10_000))).toMatchObject({
      status: 'authorization_failed',
      code: 'PERMISSION_MISSING',
    });
  });

  it('wants a region where the address names none', async () => {
    const { server } = await start();
    const client = fakes.clientOf(server, 'ecr', optionsOf(server.origin, { credentials: accessKey }));
    expect(await fakes.faultOf(() => fakes.namesOf(client))).toMatchObject({ code: 'invalid-input' });
  });

  describe('by the identity of the console’s machine', () => {
    const registry = `${account}.dkr.ecr.${region}.amazonaws.com`;
    const machineOf = async (environment: Record<string, string> = {}) => {
      const { server, tokens } = await start();
      const hosts = [registry, `api.ecr.${region}.amazonaws.com`, `sts.${region}.amazonaws.com`];
      const origins = Object.fromEntries(hosts.map((host) => [`https://${host}`, server.origin]));
      const { transport, seen } = await startFakeMachine({ origins });
      const machine = createMachineIdentity({ clouds: ['aws'], environment, transport });
      const options = { registry, machine, transport, credentials: { kind: 'machine' } as const };
      return { server, tokens, seen, options };
    };

    it('lists, pulls and sees dates with the role of the instance, asked for once', async () => {
      const { server, seen, options } = await machineOf();
      const client = fakes.clientOf(server, 'ecr', options);
      expect(await fakes.namesOf(client)).toEqual(repositories);
      expect(await fakes.digestOf(client, 'shop/api')).toMatch(/^sha256:/);
      expect(await fakes.datesOf(client, 'shop/api')).toContain('build-9 2026-11-09');
      expect(seen).toHaveLength(3);
    });

    it('takes on another role with it', async () => {
      const { server, options } = await machineOf();
      const client = fakes.clientOf(server, 'ecr', { ...options, credentials: { kind: 'machine', role } });
      expect(await fakes.namesOf(client)).toEqual(repositories);
    });

    it('trades the token of the service account of its pod, unsigned', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hc-irsa-'));
      const file = join(folder, 'token');
      writeFileSync(file, webIdentity.token);
      const variables = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: webIdentity.roleArn };
      const { server, seen, options } = await machineOf(variables);
      expect(await fakes.namesOf(fakes.clientOf(server, 'ecr', options))).toEqual(repositories);
      expect(await fakes.digestOf(fakes.clientOf(server, 'ecr', options), 'shop/api')).toMatch(/^sha256:/);
      expect(seen).toEqual([]);
      writeFileSync(file, 'of.another.cluster');
      const other = await machineOf(variables);
      expect(
        await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(other.server, 'ecr', other.options))),
      ).toMatchObject({
        reason: 'CREDENTIALS_REFUSED',
      });
      rmSync(folder, { recursive: true });
    });

    it.each([
      ['https://evil.example', {}],
      [`https://${registry}.evil.example`, {}],
      [`http://${registry}`, { allowPlainHttp: true }],
      [registry, { apiOrigin: 'https://evil.example' }],
      [registry, { exchangeOrigin: 'https://evil.example' }],
    ])('asks for nothing where it would go to %s with %j', async (address, more) => {
      const { server, seen, options } = await machineOf();
      const credentials = { kind: 'machine', region } as const;
      const client = fakes.clientOf(server, 'ecr', { ...options, ...more, registry: address, credentials });
      expect(await fakes.faultOf(() => fakes.namesOf(client))).toMatchObject({ code: 'invalid-input' });
      expect(await fakes.faultOf(() => fakes.digestOf(client, 'shop/api'))).toBeDefined();
      expect(seen).toEqual([]);
      expect(server.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });
  });
});
