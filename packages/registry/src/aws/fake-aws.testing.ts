/**
 * ECR, ECR Public and STS as their documentation has them, on one origin. Signatures are verified by recomputing the canonical request
 * from what arrived, apart from the code that signs.
 *
 * What it can't show: IAM policies (a key may do all or nothing), regional endpoints and their certificates, tokens that AWS revokes,
 * the redirects of blobs to S3.
 */
import { createHash, createHmac } from 'node:crypto';
import type { ScriptedServer } from '@hullcheck/testkit';
import { answerV2, basic, type FakeAnswer, type FakeRequest, startFake } from '../vendors/fake.testing.ts';

export const accessKey = { kind: 'aws-key', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalr+EXAMPLE/KEY' } as const;
export const account = '123456789012';
export const role = { arn: `arn:aws:iam::${account}:role/reader`, externalId: 'hullcheck-7' } as const;
/** What a pod's service account has: a role, and a token that the cluster signed. */
export const webIdentity = { roleArn: `arn:aws:iam::${account}:role/irsa`, token: 'cluster.token' } as const;
const roleKey = { accessKeyId: 'ASIAROLE', secretAccessKey: 'role/secret', sessionToken: 'role+session/token==' };
const PASSWORD = 'ecr-password-of-twelve-hours';
const SKEW_MAX_MS = 5 * 60_000;

export interface FakeAws {
  readonly server: ScriptedServer;
  /** Tokens that were given out. */
  readonly tokens: () => number;
}

export async function startFakeAws(options: {
  readonly service: 'ecr' | 'ecr-public';
  readonly region: string;
  readonly repositories: readonly string[];
  readonly pageItems: number;
  readonly mayList?: boolean;
  readonly now?: () => number;
  readonly tokenLifeMs?: number;
}): Promise<FakeAws> {
  let tokens = 0;
  const now = options.now ?? Date.now;

  function answerApi(request: FakeRequest): FakeAnswer {
    const refusal = judgeSignature(request, options.service, options.region, now());
    if (refusal !== undefined) return jsonError(refusal.name, refusal.message);
    if (request.headers['content-type'] !== 'application/x-amz-json-1.1')
      return jsonError('SerializationException', '');
    const [target, operation] = String(request.headers['x-amz-target']).split('.');
    const known = { ecr: 'AmazonEC2ContainerRegistry_V20150921', 'ecr-public': 'SpencerFrontendService' };
    if (target !== known[options.service]) return jsonError('UnknownOperationException', '');
    const input = JSON.parse(request.body) as DescribeInput;
    if (operation === 'GetAuthorizationToken') {
      tokens += 1;
      const data = {
        authorizationToken: Buffer.from(`AWS:${PASSWORD}-${tokens}`).toString('base64'),
        expiresAt: (now() + (options.tokenLifeMs ?? 12 * 3600_000)) / 1000,
      };
      return {
        json: {
          authorizationData:
            options.service === 'ecr' ? [{ ...data, proxyEndpoint: `https://${account}.dkr.ecr.example` }] : data,
        },
      };
    }
    if (operation !== 'DescribeRepositories' && operation !== 'DescribeImages')
      return jsonError('UnknownOperationException', '');
    if (options.mayList === false) return jsonError('AccessDeniedException', 'User: arn… is not authorized');
    if (input.maxResults === undefined || input.maxResults < 1 || input.maxResults > 1000) {
      return jsonError('InvalidParameterException', 'maxResults');
    }
    if (input.registryId !== undefined && input.registryId !== account)
      return jsonError('RegistryNotFoundException', '');
    const start = input.nextToken === undefined ? 0 : Number(/^page-([0-9]+)$/.exec(input.nextToken)?.[1] ?? 'NaN');
    if (Number.isNaN(start)) return jsonError('InvalidParameterException', 'nextToken');
    const end = start + options.pageItems;
    if (operation === 'DescribeImages') {
      if (!options.repositories.includes(input.repositoryName ?? ''))
        return jsonError('RepositoryNotFoundException', 'The repository with name … does not exist');
      const isFiltered = input.filter?.tagStatus === 'TAGGED';
      if (input.filter !== undefined && (!isFiltered || options.service === 'ecr-public'))
        return jsonError('InvalidParameterException', 'filter');
      const all = images.filter(({ imageTags }) => imageTags !== undefined || !isFiltered);
      return {
        json: {
          imageDetails: all.slice(start, end),
          ...(end < all.length ? { nextToken: `page-${end}` } : {}),
        },
      };
    }
    return {
      json: {
        repositories: options.repositories.slice(start, end).map((name) => ({
          repositoryArn: `arn:aws:ecr:${options.region}:${account}:repository/${name}`,
          registryId: account,
          repositoryName: name,
          repositoryUri:
            options.service === 'ecr' ? `${account}.dkr.ecr.example/${name}` : `public.ecr.aws/a1b2c3/${name}`,
          createdAt: 1.7e9,
        })),
        ...(end < options.repositories.length ? { nextToken: `page-${end}` } : {}),
      },
    };
  }

  const server = await startFake((request) => {
    const letsIn = (authorization: string | undefined) => authorization === basic('AWS', `${PASSWORD}-${tokens}`);
    const inRegistry =
      options.service === 'ecr' ? options.repositories : options.repositories.map((name) => `a1b2c3/${name}`);
    const v2 = answerV2(request, {
      repositories: inRegistry,
      challenge: () => `Basic realm="https://${account}.dkr.ecr.example/",service="ecr.amazonaws.com"`,
      letsIn,
    });
    if (v2 !== undefined) return v2;
    if (request.method !== 'POST' || request.url.pathname !== '/') return undefined;
    return request.headers['x-amz-target'] === undefined
      ? answerSts(request, options.region, now())
      : answerApi(request);
  });
  return { server, tokens: () => tokens };
}

interface DescribeInput {
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly registryId?: string;
  readonly repositoryName?: string;
  readonly filter?: { readonly tagStatus?: string };
}

/** In no order, as DescribeImages gives them. */
const images: readonly { readonly imageTags?: readonly string[]; readonly imagePushedAt: number }[] = [
  { imageTags: ['build-3'], imagePushedAt: Date.UTC(2026, 10, 3) / 1000 },
  { imagePushedAt: Date.UTC(2026, 10, 8) / 1000 },
  { imageTags: ['build-9', 'latest'], imagePushedAt: Date.UTC(2026, 10, 9) / 1000 + 0.25 },
  { imageTags: ['build-1'], imagePushedAt: Date.UTC(2026, 10, 1) / 1000 },
];

function answerSts(request: FakeRequest, region: string, nowMs: number): FakeAnswer {
  const fail = (name: string, message: string) => ({
    status: 403,
    headers: { 'content-type': 'text/xml' },
    text: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  });
  const form = new URLSearchParams(request.body);
  const isWeb = form.get('Action') === 'AssumeRoleWithWebIdentity';
  // That call is not signed: the token of the cluster is its proof.
  const refusal = isWeb ? undefined : judgeSignature(request, 'sts', region, nowMs);
  if (refusal !== undefined) return fail(refusal.name, refusal.message);
  if (isWeb) {
    if (request.headers.authorization !== undefined || form.get('RoleArn') !== webIdentity.roleArn)
      return fail('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
    if (form.get('WebIdentityToken') !== webIdentity.token) return fail('InvalidIdentityToken', 'No OpenIDConnect …');
  } else if (form.get('RoleArn') !== role.arn || form.get('ExternalId') !== role.externalId)
    return fail('AccessDenied', '');
  if ((!isWeb && form.get('Action') !== 'AssumeRole') || form.get('Version') !== '2011-06-15')
    return fail('InvalidAction', '');
  if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) return fail('ValidationError', '');
  const action = form.get('Action') ?? '';
  return {
    headers: { 'content-type': 'text/xml' },
    text: `<${action}Response><${action}Result><Credentials><AccessKeyId>${roleKey.accessKeyId}</AccessKeyId><SecretAccessKey>${roleKey.secretAccessKey}</SecretAccessKey><SessionToken>${roleKey.sessionToken}</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></${action}Result></${action}Response>`,
  };
}

const jsonError = (name: string, message: string): FakeAnswer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  json: { __type: `com.amazonaws.ecr#${name}`, message },
});

/** AWS's own order of refusals; undefined where the signature is right. */
function judgeSignature(
  { method, url, headers, body }: FakeRequest,
  service: string,
  region: string,
  nowMs: number,
): { readonly name: string; readonly message: string } | undefined {
  const authorization = headers.authorization ?? '';
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (found === null) return { name: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  const [, keyId = '', day = '', scopeRegion, scopeService, names = '', signature] = found;
  const key = [accessKey, roleKey].find(({ accessKeyId }) => accessKeyId === keyId);
  const unknown = {
    name: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  };
  if (key === undefined) return unknown;
  if ('sessionToken' in key && headers['x-amz-security-token'] !== key.sessionToken) return unknown;
  const date = String(headers['x-amz-date']);
  const parsed = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(parsed) || !date.startsWith(day)) return { name: 'IncompleteSignature', message: 'Date' };
  if (parsed < nowMs - SKEW_MAX_MS) {
    return { name: 'InvalidSignatureException', message: `Signature expired: ${date} is now earlier than …` };
  }
  if (parsed > nowMs + SKEW_MAX_MS) {
    return { name: 'InvalidSignatureException', message: `Signature not yet current: ${date} is still later than …` };
  }
  if (scopeRegion !== region) {
    return { name: 'InvalidSignatureException', message: 'Credential should be scoped to a valid region.' };
  }
  if (scopeService !== service) {
    return { name: 'InvalidSignatureException', message: 'Credential should be scoped to correct service.' };
  }
  const wanted = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'),
  );
  const signed = names.split(';');
  if (signed.join() !== signed.toSorted().join() || wanted.some((name) => !signed.includes(name))) {
    return { name: 'InvalidSignatureException', message: "'Host' must be a 'SignedHeader' in the AWS Authorization." };
  }
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const query = [...url.searchParams].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = `${method}\n${url.pathname}\n${query.toSorted().join('&')}\n${lines}\n${names}\n${hash(body)}`;
  const scope = `${day}/${region}/${service}/aws4_request`;
  let secret: Buffer = Buffer.from(`AWS4${key.secretAccessKey}`);
  for (const part of [
    day,
    region,
    service,
    'aws4_request',
    `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash(canonical)}`,
  ]) {
    secret = createHmac('sha256', secret).update(part).digest();
  }
  if (secret.toString('hex') === signature) return undefined;
  return {
    name: 'InvalidSignatureException',
    message: 'The request signature we calculated does not match the signature you provided.',
  };
}
