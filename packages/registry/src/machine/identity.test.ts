import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeFakes, faultOf, offsetClock } from '../vendors/fake.testing.ts';
import { azureToken, googleToken, lentKey, startFakeMachine } from './fake-machine.testing.ts';
import { createMachineIdentity, type MachineOptions, machineClouds } from './identity.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hc-machine-'));
});
afterEach(async () => {
  await closeFakes();
  rmSync(folder, { recursive: true, force: true });
});

const signal = AbortSignal.timeout(20_000);
const key = {
  kind: 'key',
  key: {
    accessKeyId: lentKey.AccessKeyId,
    secretAccessKey: lentKey.SecretAccessKey,
    sessionToken: lentKey.Token,
  },
};

async function start(environment: MachineOptions['environment'], options: Parameters<typeof startFakeMachine>[0] = {}) {
  const machine = await startFakeMachine(options);
  const clock = { ...offsetClock(), now: options.now ?? Date.now };
  const identity = createMachineIdentity({ clouds: machineClouds, environment, clock, transport: machine.transport });
  return { identity, asked: () => machine.seen.map(({ method, url }) => `${method} ${url.host}${url.pathname}`) };
}

function fileOf(text: string): string {
  const path = join(folder, 'token');
  writeFileSync(path, text);
  return path;
}

describe('Amazon', () => {
  it('takes the role of the instance by version 2 of its metadata service', async () => {
    const { identity, asked } = await start({});
    expect(await identity.aws(signal)).toEqual(key);
    expect(asked()).toEqual([
      'PUT 169.254.169.254/latest/api/token',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/',
      'GET 169.254.169.254/latest/meta-data/iam/security-credentials/console-role',
    ]);
    const v6 = await start({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' });
    expect(await v6.identity.aws(signal)).toEqual(key);
    expect(v6.asked()[0]).toBe('PUT [fd00:ec2::254]/latest/api/token');
  });

  it('keeps the key until five minutes before it ends, and asks once for many who ask at once', async () => {
    let now = Date.now();
    const { identity, asked } = await start({}, { now: () => now });
    await Promise.all([identity.aws(signal), identity.aws(signal), identity.aws(signal)]);
    now += 54 * 60_000;
    await identity.aws(signal);
    expect(asked()).toHaveLength(3);
    now += 2 * 60_000;
    await identity.aws(signal);
    expect(asked()).toHaveLength(6);
  });

  it('says that an instance without a role has none, and what to do where nobody answers', async () => {
    const without = await start({}, { role: null });
    expect(await faultOf(() => without.identity.aws(signal))).toMatchObject({
      reason: 'MACHINE_IDENTITY',
      message: expect.stringContaining('no role'),
    });
    const off = await start({ AWS_EC2_METADATA_DISABLED: 'true' });
    expect(await faultOf(() => off.identity.aws(signal))).toMatchObject({ reason: 'MACHINE_IDENTITY' });
    expect(off.asked()).toEqual([]);
    const nobody = createMachineIdentity({
      clouds: ['aws'],
      environment: {},
      transport: { exchange: async () => Promise.reject(new Error('no route')), close: async () => undefined },
    });
    expect(await faultOf(() => nobody.aws(signal))).toMatchObject({ hint: expect.stringContaining('hop limit') });
  });

  it('takes the role of an ECS task', async () => {
    const { identity, asked } = await start({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/task-1' });
    expect(await identity.aws(signal)).toEqual(key);
    expect(asked()).toEqual(['GET 169.254.170.2/v2/credentials/task-1']);
  });

  it.each(['http://169.254.170.23/v1/credentials', 'http://[fd00:ec2::23]/v1/credentials'])(
    'takes the role of an EKS pod at %s by the token in its file',
    async (full) => {
      const file = fileOf('pod.token\n');
      const { identity } = await start({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: full,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
      });
      expect(await identity.aws(signal)).toEqual(key);
      const blank = await start({ AWS_CONTAINER_CREDENTIALS_FULL_URI: full, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'old' });
      expect(await faultOf(() => blank.identity.aws(signal))).toMatchObject({ reason: 'MACHINE_IDENTITY' });
    },
  );

  it.each([
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://agent.example.com/v1/credentials' },
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:8080/credentials' },
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23:8080/v1/credentials' },
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@evil.example/credentials' },
  ])('sends the token of the container to no other address: %j', async (variables) => {
    const { identity, asked } = await start({ ...variables, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'CANARY' });
    const fault = await faultOf(() => identity.aws(signal));
    expect(fault).toMatchObject({ reason: 'MACHINE_IDENTITY' });
    expect(JSON.stringify(fault)).not.toContain('CANARY');
    expect(asked()).toEqual([]);
  });

  it('reads the token of a service account anew, as its file is renewed', async () => {
    let now = Date.now();
    const file = fileOf('cluster.token.1');
    const roleArn = 'arn:aws:iam::123456789012:role/irsa';
    const { identity, asked } = await start(
      { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: roleArn },
      { now: () => now },
    );
    const first = { kind: 'web-identity', roleArn, sessionName: 'hullcheck', token: 'cluster.token.1' };
    expect(await identity.aws(signal)).toEqual(first);
    writeFileSync(file, 'cluster.token.2');
    now += 60_000;
    expect(await identity.aws(signal)).toEqual({ ...first, token: 'cluster.token.2' });
    expect(asked()).toEqual([]);
    rmSync(file);
    now += 60_000;
    expect(await faultOf(() => identity.aws(signal))).toMatchObject({ place: 'AWS_WEB_IDENTITY_TOKEN_FILE' });
  });
});

describe('Google', () => {
  it("takes a token of the machine's service account, and keeps it until it ends", async () => {
    let now = Date.now();
    const { identity, asked } = await start({}, { cloud: 'google', now: () => now });
    expect((await identity.google(signal)).value).toBe(googleToken);
    now += 59 * 60_000;
    await identity.google(signal);
    expect(asked()).toHaveLength(1);
    now += 60_000;
    await identity.google(signal);
    expect(asked()).toHaveLength(2);
  });

  it('says what is missing where another cloud answers', async () => {
    const { identity } = await start({}, { cloud: 'aws' });
    expect(await faultOf(() => identity.google(signal))).toMatchObject({
      reason: 'MACHINE_IDENTITY',
      hint: expect.stringContaining('service account'),
    });
  });
});

describe('Azure', () => {
  it('takes a token of the managed identity, or of the one that is named', async () => {
    const { identity, asked } = await start({}, { cloud: 'azure' });
    expect(await identity.azure(null, signal)).toEqual({ kind: 'token', token: azureToken });
    expect(await identity.azure('user-assigned-1', signal)).toEqual({ kind: 'token', token: azureToken });
    await identity.azure(null, signal);
    expect(asked()).toHaveLength(2);
    expect(await faultOf(() => identity.azure('another', signal))).toMatchObject({
      reason: 'MACHINE_IDENTITY',
      hint: expect.stringContaining('client ID'),
    });
  });

  it('takes what the cluster says of its pod', async () => {
    const variables = {
      AZURE_FEDERATED_TOKEN_FILE: fileOf('pod.assertion'),
      AZURE_TENANT_ID: 'contoso.example',
      AZURE_CLIENT_ID: 'app-id',
    };
    const { identity, asked } = await start(variables, { cloud: 'azure' });
    const assertion = { kind: 'assertion', tenant: 'contoso.example', clientId: 'app-id', assertion: 'pod.assertion' };
    expect(await identity.azure(null, signal)).toEqual(assertion);
    expect(await identity.azure('other-app', signal)).toEqual({ ...assertion, clientId: 'other-app' });
    expect(asked()).toEqual([]);
    const { AZURE_TENANT_ID: _, ...incomplete } = variables;
    const broken = await start(incomplete, { cloud: 'azure' });
    expect(await faultOf(() => broken.identity.azure(null, signal))).toMatchObject({ reason: 'MACHINE_IDENTITY' });
  });
});
