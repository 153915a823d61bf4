import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeMachine } from '../../machine/fake-machine.testing.ts';
import { createMachineIdentity } from '../../machine/identity.ts';
import * as fakes from '../fake.testing.ts';

afterEach(fakes.closeFakes);

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey: strangersKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'reader@my-project-1.iam.gserviceaccount.com';
const keyFile = (more: object = {}) => ({
  type: 'service_account',
  project_id: 'my-project-1',
  private_key_id: 'key-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: email,
  token_uri: 'https://oauth2.googleapis.com/token',
  ...more,
});
const credentials = (more: object = {}) => ({ kind: 'google-key', keyJson: JSON.stringify(keyFile(more)) }) as const;

const tree: { readonly [location: string]: { readonly [repository: string]: readonly string[] } } = {
  europe: { shop: ['api', 'nested/web', 'worker'], 'npm-mirror': ['left-pad'] },
  us: { base: ['node'] },
};
const repositories = [
  'my-project-1/shop/api',
  'my-project-1/shop/nested/web',
  'my-project-1/shop/worker',
  'my-project-1/base/node',
];

/**
 * Google's token server, the Artifact Registry API and the registry, on one origin.
 * What it can't show: IAM inheritance, VPC Service Controls, organisation policies that disable keys, quotas.
 */
async function startGoogle({ refuse }: { readonly refuse?: fakes.FakeAnswer } = {}) {
  return await fakes.startFake((request) => {
    const { url, headers } = request;
    if (url.pathname === '/token') return answerToken(request);
    if (url.pathname.startsWith('/v1/')) {
      if (headers.authorization !== 'Bearer ya29.token')
        return { status: 401, json: { error: { status: 'UNAUTHENTICATED' } } };
      return refuse ?? answerList(url);
    }
    const isIn = headers.authorization === fakes.basic('oauth2accesstoken', 'ya29.token');
    const listed = /^\/v2\/(.+)\/tags\/list$/.exec(url.pathname)?.[1];
    if (isIn && listed !== undefined && repositories.includes(listed)) return answerTags(url, listed);
    return fakes.answerV2(request, {
      repositories,
      challenge: () => 'Basic realm="gcr"',
      letsIn: (authorization) => authorization === fakes.basic('oauth2accesstoken', 'ya29.token'),
    });
  });
}

/** Google's list of tags says beside the names which manifest has which, and when it came: milliseconds, as text. */
function answerTags(url: URL, name: string): fakes.FakeAnswer {
  const manifestOf = (day: number, tag: readonly string[]) => ({
    imageSizeBytes: '1234',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    tag,
    timeCreatedMs: '0',
    timeUploadedMs: String(Date.UTC(2026, 10, day)),
  });
  const first = { 'sha256:aa': manifestOf(3, ['v3', 'old']), 'sha256:bb': manifestOf(8, []) };
  const second = { 'sha256:cc': manifestOf(9, ['v9']) };
  const isSecond = url.searchParams.get('last') === 'v3';
  return {
    json: { child: [], name, tags: isSecond ? ['v9'] : ['old', 'v3'], manifest: isSecond ? second : first },
    headers: isSecond ? {} : { link: `</v2/${name}/tags/list?n=1000&last=v3>; rel="next"` },
  };
}

function answerToken({ method, headers, body }: fakes.FakeRequest): fakes.FakeAnswer {
  const bad = (error_description: string) => ({ status: 400, json: { error: 'invalid_grant', error_description } });
  if (method !== 'POST' || headers['content-type'] !== 'application/x-www-form-urlencoded') return { status: 405 };
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return { status: 400 };
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const parse = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  if (parse(head).alg !== 'RS256' || parse(head).typ !== 'JWT' || parse(head).kid !== 'key-1')
    return bad('Invalid JWT header');
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  if (
    !verify.verify(
      createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'),
    )
  ) {
    return bad('Invalid JWT Signature.');
  }
  const { iss, scope, aud, iat, exp } = parse(claims);
  const now = Date.now() / 1000;
  if (iss !== email) return bad('Invalid grant: account not found');
  if (aud !== 'https://oauth2.googleapis.com/token') return bad('Invalid JWT: Failed audience check.');
  if (scope !== 'https://www.googleapis.com/auth/cloud-platform.read-only')
    return { status: 400, json: { error: 'invalid_scope' } };
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > 3600 || iat > now + 300 || exp < now - 300) {
    return bad(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values.',
    );
  }
  return { json: { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' } };
}

function answerList(url: URL): fakes.FakeAnswer {
  const path = decodeURI(url.pathname).slice('/v1/'.length);
  const [, project, , location, , repository] = path.split('/');
  if (project !== 'my-project-1') return { status: 404, json: { error: { code: 404, status: 'NOT_FOUND' } } };
  const page = <T>(key: string, all: readonly T[]) => {
    if (Number(url.searchParams.get('pageSize')) !== 1000) return { status: 400 };
    const start = Number(url.searchParams.get('pageToken') ?? '0');
    const next = start + 2 < all.length ? { nextPageToken: String(start + 2) } : {};
    return { json: { [key]: all.slice(start, start + 2), ...next } };
  };
  if (path.endsWith('/locations')) {
    return page(
      'locations',
      Object.keys(tree).map((locationId) => ({ locationId, name: `${path}/${locationId}` })),
    );
  }
  const own = tree[location ?? ''] ?? {};
  if (path.endsWith('/repositories')) {
    return page(
      'repositories',
      Object.keys(own).map((name) => ({ name: `${path}/${name}`, format: name.startsWith('npm') ? 'NPM' : 'DOCKER' })),
    );
  }
  return page(
    'packages',
    (own[repository ?? ''] ?? []).map((image) => ({ name: `${path}/${encodeURIComponent(image)}` })),
  );
}

describe('Google Artifact Registry', () => {
  const optionsOf = (origin: string, more: object = {}) => ({
    credentials: credentials(),
    apiOrigin: origin,
    exchangeOrigin: origin,
    namespaces: ['my-project-1'],
    ...more,
  });

  it('lists locations, repositories of images and packages, and pulls with the access token', async () => {
    const server = await startGoogle();
    const client = fakes.clientOf(server, 'google-artifact-registry', optionsOf(server.origin));
    expect(await fakes.namesOf(client)).toEqual(repositories);
    expect(await fakes.digestOf(client, 'my-project-1/shop/nested/web')).toMatch(/^sha256:/);
    expect(server.seen.every(({ headers }) => !JSON.stringify(headers).includes('PRIVATE'))).toBe(true);
  });

  it('says when tags were pushed, by the list of the registry itself', async () => {
    const server = await startGoogle();
    const client = fakes.clientOf(server, 'google-artifact-registry', optionsOf(server.origin));
    const days = ['v3 2026-11-03', 'old 2026-11-03', 'v9 2026-11-09'];
    expect(await fakes.datesOf(client, 'my-project-1/shop/nested/web')).toEqual(days);
  });

  it("lists and pulls with a token of the machine's own service account, shown to Google's hosts only", async () => {
    const server = await startGoogle();
    const registry = 'europe-docker.pkg.dev';
    const origins = {
      [`https://${registry}`]: server.origin,
      'https://artifactregistry.googleapis.com': server.origin,
    };
    const { transport, seen } = await startFakeMachine({ cloud: 'google', origins });
    const machine = createMachineIdentity({ clouds: ['google'], environment: {}, transport });
    const options = {
      registry,
      machine,
      transport,
      credentials: { kind: 'machine' },
      namespaces: ['my-project-1'],
    } as const;
    const client = fakes.clientOf(server, 'google-artifact-registry', options);
    expect(await fakes.namesOf(client)).toEqual(repositories.slice(0, 3));
    expect(await fakes.digestOf(client, 'my-project-1/shop/nested/web')).toMatch(/^sha256:/);
    expect(seen).toHaveLength(1);
    for (const other of ['https://docker.pkg.dev.evil.example', 'https://evil-docker.pkg.dev.example']) {
      const wrong = fakes.clientOf(server, 'google-artifact-registry', { ...options, registry: other });
      expect(await fakes.faultOf(() => fakes.namesOf(wrong))).toMatchObject({ code: 'invalid-input' });
    }
    const aws = createMachineIdentity({ clouds: ['aws'], environment: {}, transport });
    const notAllowed = fakes.clientOf(server, 'google-artifact-registry', { ...options, machine: aws });
    expect(await fakes.faultOf(() => fakes.namesOf(notAllowed))).toMatchObject({
      hint: expect.stringContaining('HULLCHECK_MACHINE_IDENTITY=google'),
    });
    expect(seen).toHaveLength(1);
  });

  it('asks no server that the key file names', async () => {
    const server = await startGoogle();
    const elsewhere = await fakes.startFake(() => ({ json: { access_token: 'stolen' } }));
    const options = optionsOf(server.origin, { credentials: credentials({ token_uri: `${elsewhere.origin}/token` }) });
    expect(await fakes.namesOf(fakes.clientOf(server, 'google-artifact-registry', options))).toEqual(repositories);
    expect(elsewhere.seen).toEqual([]);
  });

  it.each([
    [
      'the key of a stranger',
      { private_key: strangersKey.export({ type: 'pkcs8', format: 'pem' }) },
      0,
      'CREDENTIALS_REFUSED',
    ],
    ['another account', { client_email: 'other@x.example' }, 0, 'CREDENTIALS_REFUSED'],
    ['a clock that is wrong', {}, 7_300_000, 'CLOCK_SKEW'],
  ])('says that Google refuses %s', async (_, more, offsetMs, reason) => {
    const server = await startGoogle();
    const options = optionsOf(server.origin, { credentials: credentials(more), clock: fakes.offsetClock(offsetMs) });
    const fault = await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'google-artifact-registry', options)));
    expect(fault).toMatchObject({ code: 'authorization-failed', reason });
  });

  it.each([
    [
      'the API is off',
      {
        status: 403,
        json: {
          error: {
            code: 403,
            status: 'PERMISSION_DENIED',
            details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }],
          },
        },
      },
      { reason: 'SERVICE_DISABLED' },
    ],
    [
      'a role is missing',
      { status: 403, json: { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no' } } },
      { reason: 'PERMISSION_MISSING' },
    ],
    [
      'the project is unknown',
      { status: 404, json: { error: { code: 404, status: 'NOT_FOUND' } } },
      { code: 'not-found' },
    ],
    [
      'the quota is spent',
      { status: 429, json: { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } } },
      { code: 'rate-limited' },
    ],
  ])('says that %s', async (_, refuse, expected) => {
    const server = await startGoogle({ refuse });
    const options = optionsOf(server.origin, { clock: fakes.offsetClock() });
    expect(
      await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'google-artifact-registry', options))),
    ).toMatchObject(expected);
  });

  it.each([
    ['no JSON', 'hello'],
    ['a key of a user', JSON.stringify(keyFile({ type: 'authorized_user' }))],
    ['an external account', JSON.stringify(keyFile({ type: 'external_account' }))],
    ['a broken key', JSON.stringify(keyFile({ private_key: 'CANARY' }))],
  ])('takes no key file that is %s, and repeats nothing of it', async (_, keyJson) => {
    const server = await startGoogle();
    const options = optionsOf(server.origin, { credentials: { kind: 'google-key', keyJson } as const });
    const fault = await fakes.faultOf(() => fakes.namesOf(fakes.clientOf(server, 'google-artifact-registry', options)));
    expect(fault).toMatchObject({ code: 'invalid-input' });
    expect(JSON.stringify(fault)).not.toContain('CANARY');
  });
});
