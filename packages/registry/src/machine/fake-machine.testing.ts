/**
 * What the clouds lend to a machine: EC2's metadata service (version 2 alone), the agents of ECS and EKS, Google's metadata server,
 * Azure's IMDS, each at its own address and as strict as its documentation says.
 *
 * What it can't show: hop limits, network policies that close these addresses, the minutes in which a new key is not known everywhere.
 */

import { RegistryFault } from '../fault.ts';
import { createTransport, type Transport } from '../transport.ts';
import { type FakeAnswer, type FakeRequest, startFake } from '../vendors/fake.testing.ts';

/** The key that the fake of AWS knows as that of a role's session. */
export const lentKey = {
  AccessKeyId: 'ASIAROLE',
  SecretAccessKey: 'role/secret',
  Token: 'role+session/token==',
} as const;
export const googleToken = 'ya29.token';
const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
/** Says of which directory it is, as Entra's tokens do. */
export const azureToken = `${part({ alg: 'RS256' })}.${part({ tid: 'contoso.example' })}.signature`;
const SESSION = 'imds-session-token==';

export interface FakeMachine {
  /** Reaches the metadata addresses, and the origins that the test names beside them; everything else is out of reach. */
  readonly transport: Transport;
  readonly seen: FakeRequest[];
}

export async function startFakeMachine(
  options: {
    readonly cloud?: 'aws' | 'google' | 'azure';
    readonly lifeMs?: number;
    readonly now?: () => number;
    readonly role?: string | null;
    /** Of origins as they are asked to those of the fakes that stand for them. */
    readonly origins?: Readonly<Record<string, string>>;
  } = {},
): Promise<FakeMachine> {
  const { cloud = 'aws', lifeMs = 3600_000, now = Date.now, role = 'console-role', origins = {} } = options;
  const seen: FakeRequest[] = [];
  const lent = () => ({ ...lentKey, Expiration: new Date(now() + lifeMs).toISOString().replace(/\.\d+Z/, 'Z') });

  function answer(request: FakeRequest): FakeAnswer | undefined {
    seen.push(request);
    const { url, headers } = request;
    // A request that came through somebody else is refused by all three.
    if (headers['x-forwarded-for'] !== undefined) return { status: 403 };
    if (url.hostname === '169.254.170.2') return answerTask(request);
    if (url.hostname === '169.254.170.23' || url.hostname === '[fd00:ec2::23]') return answerPod(request);
    if (cloud === 'google') return answerGoogle(request, lifeMs);
    if (cloud === 'azure') return answerAzure(request, lifeMs, now());
    return answerInstance(request, role, lent());
  }

  function answerTask({ method, url }: FakeRequest): FakeAnswer {
    if (method !== 'GET' || url.pathname !== '/v2/credentials/task-1')
      return { status: 404, json: { code: 'NoIdInRequest' } };
    return { json: { ...lent(), RoleArn: 'arn:aws:iam::123456789012:role/task' } };
  }

  function answerPod({ url, headers }: FakeRequest): FakeAnswer {
    if (url.pathname !== '/v1/credentials') return { status: 404 };
    if (headers.authorization !== 'pod.token') return { status: 400, text: 'Service account token cannot be empty' };
    return { json: { ...lent(), AccountId: '123456789012' } };
  }

  const metadata = await startFake(answer);
  const inner = createTransport({ egress: { registry: ['loopback'], elsewhere: ['loopback'] } });
  const known: Readonly<Record<string, string>> = {
    'http://169.254.169.254': metadata.origin,
    'http://[fd00:ec2::254]': metadata.origin,
    'http://169.254.170.2': metadata.origin,
    'http://169.254.170.23': metadata.origin,
    'http://[fd00:ec2::23]': metadata.origin,
    ...origins,
  };
  return {
    seen,
    transport: {
      async exchange(request, signal) {
        const { url } = request;
        const to = known[url.origin];
        if (to === undefined) throw new RegistryFault('unreachable', 'NETWORK', 'out of reach', { place: url.host });
        const headers = { ...request.headers, host: url.host };
        const answered = await inner.exchange(
          { ...request, url: new URL(url.pathname + url.search, to), headers },
          signal,
        );
        return { ...answered, url };
      },
      close: () => inner.close(),
    },
  };
}

function answerInstance({ method, url, headers }: FakeRequest, role: string | null, lent: object): FakeAnswer {
  if (method === 'PUT') {
    const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
    if (url.pathname !== '/latest/api/token') return { status: 404 };
    return seconds >= 1 && seconds <= 21_600 ? { text: SESSION } : { status: 400 };
  }
  if (headers['x-aws-ec2-metadata-token'] !== SESSION) return { status: 401 };
  const folder = '/latest/meta-data/iam/security-credentials/';
  if (role === null || !url.pathname.startsWith(folder)) return { status: 404 };
  if (url.pathname === folder) return { text: role };
  if (url.pathname !== `${folder}${role}`) return { status: 404 };
  return { json: { Code: 'Success', LastUpdated: '2026-11-30T00:00:00Z', Type: 'AWS-HMAC', ...lent } };
}

function answerGoogle({ method, url, headers }: FakeRequest, lifeMs: number): FakeAnswer {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, text: 'Missing Metadata-Flavor:Google header.' };
  if (method !== 'GET' || url.pathname !== '/computeMetadata/v1/instance/service-accounts/default/token')
    return { status: 404 };
  return {
    headers: { 'metadata-flavor': 'Google' },
    json: { access_token: googleToken, expires_in: lifeMs / 1000, token_type: 'Bearer' },
  };
}

function answerAzure({ method, url, headers }: FakeRequest, lifeMs: number, nowMs: number): FakeAnswer {
  const refuse = (error: string, error_description: string) => ({ status: 400, json: { error, error_description } });
  if (headers.metadata !== 'true') return refuse('bad_request_102', 'Required metadata header not specified');
  if (method !== 'GET' || url.pathname !== '/metadata/identity/oauth2/token') return { status: 404 };
  if (url.searchParams.get('api-version') !== '2018-02-01') return refuse('bad_request', 'api-version');
  if (url.searchParams.get('resource') !== 'https://containerregistry.azure.net')
    return refuse('invalid_resource', 'AADSTS500011');
  const client = url.searchParams.get('client_id');
  if (client !== null && client !== 'user-assigned-1') return refuse('invalid_request', 'Identity not found');
  return {
    json: {
      access_token: azureToken,
      client_id: client ?? 'system',
      expires_in: String(lifeMs / 1000),
      expires_on: String(Math.floor((nowMs + lifeMs) / 1000)),
      resource: 'https://containerregistry.azure.net',
      token_type: 'Bearer',
    },
  };
}
