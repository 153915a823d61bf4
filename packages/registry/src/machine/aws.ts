import { z } from 'zod';
import type { SigningKey } from '../aws/signature-v4.ts';
import type { Kept } from '../vendors/vendor.ts';
import {
  askMetadata,
  askMetadataJson,
  instanceMetadata,
  instanceMetadataV6,
  type MetadataAsk,
  podMetadata,
  taskMetadata,
} from './metadata.ts';
import { identityFault, type MachineSurroundings, readTokenFile } from './surroundings.ts';

/** A key that ends, or a token of the cluster that STS trades for one (IAM roles for service accounts). */
export type AwsIdentity =
  | { readonly kind: 'key'; readonly key: SigningKey }
  | {
      readonly kind: 'web-identity';
      readonly roleArn: string;
      readonly sessionName: string;
      readonly token: string;
    };

const HeaderText = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[\x21-\x7e]+$/);
const Lent = z.object({
  AccessKeyId: HeaderText,
  SecretAccessKey: HeaderText,
  Token: HeaderText,
  Expiration: z.string().max(100),
});

/** AWS gives the next key at least five minutes before this one ends. */
const MARGIN_MS = 5 * 60_000;
/** How long one is used that ends within that margin, and a token of the cluster, whose file is renewed. */
const SHORTLY_MS = 30_000;
const SESSION_TOKEN_SECONDS = 6 * 3600;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\x21-\x7e]+$/;
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;

/**
 * In the order of AWS's own programs (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html), without what
 * the operator could also have entered as a key: the service account of a pod, the task or pod, the instance.
 */
export async function awsIdentity(surroundings: MachineSurroundings, signal: AbortSignal): Promise<Kept<AwsIdentity>> {
  const { environment, clock } = surroundings;
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn } = environment;
  if (tokenFile && roleArn) {
    if (!ROLE_ARN.test(roleArn)) throw identityFault('AWS_ROLE_ARN is no ARN of a role', 'AWS_ROLE_ARN', 'Correct it.');
    const token = await readTokenFile(tokenFile, 'AWS_WEB_IDENTITY_TOKEN_FILE');
    const named = environment.AWS_ROLE_SESSION_NAME ?? '';
    const sessionName = /^[\w+=,.@-]{2,64}$/.test(named) ? named : 'hullcheck';
    return { value: { kind: 'web-identity', roleArn, sessionName, token }, expiresAtMs: clock.now() + SHORTLY_MS };
  }
  const ask = (await containerAsk(surroundings)) ?? (await instanceAsk(surroundings, signal));
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = await askMetadataJson(ask, Lent, surroundings, signal);
  const endsAtMs = Date.parse(Expiration);
  const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  const now = clock.now();
  return {
    value: { kind: 'key', key },
    expiresAtMs: Number.isFinite(endsAtMs) ? Math.max(endsAtMs - MARGIN_MS, now + SHORTLY_MS) : now + SHORTLY_MS,
  };
}

/** The role of an ECS task or of an EKS pod. Undefined where the variables name none. */
async function containerAsk({ environment }: MachineSurroundings): Promise<MetadataAsk | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = environment;
  if (!relative && !full) return undefined;
  const url = URL.parse(relative ? `${taskMetadata}${relative}` : (full ?? ''));
  // AWS's programs take any https address and this machine too; a token of the task sent there is nothing that a variable should decide.
  if (url === null || ![taskMetadata, ...podMetadata].includes(url.origin)) {
    throw identityFault(
      'credentials of the container are fetched from the agents of ECS and EKS only',
      relative ? 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI' : 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'These are 169.254.170.2 and 169.254.170.23.',
    );
  }
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = environment;
  const authorization = file ? await readTokenFile(file, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE') : token;
  return {
    url,
    headers: authorization ? { authorization } : {},
    hint: 'The task or the service account of the pod needs a role.',
  };
}

/** The role of the instance, by version 2 of its metadata service; version 1, which any forged request opens, is not used. */
async function instanceAsk(surroundings: MachineSurroundings, signal: AbortSignal): Promise<MetadataAsk> {
  const { environment } = surroundings;
  if (environment.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true')
    throw identityFault('the metadata service is switched off', 'AWS_EC2_METADATA_DISABLED', 'Remove that variable.');
  const isV6 = environment.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE?.toLowerCase() === 'ipv6';
  const origin = isV6 ? instanceMetadataV6 : instanceMetadata;
  const notThere =
    'The console must run on an instance with a role. In a container the hop limit of its metadata must be 2: aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2.';
  const session = await askMetadata(
    {
      method: 'PUT',
      url: new URL('/latest/api/token', origin),
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(SESSION_TOKEN_SECONDS) },
      hint: notThere,
    },
    surroundings,
    signal,
  );
  const token = new TextDecoder().decode(session.bytes);
  if (session.answer.status !== 200 || !/^[\x21-\x7e]{1,1024}$/.test(token)) {
    const status = `HTTP ${session.answer.status}`;
    throw identityFault(`the metadata service of this machine opened no session (${status})`, origin, notThere);
  }
  const headers = { 'x-aws-ec2-metadata-token': token };
  const roles = new URL('/latest/meta-data/iam/security-credentials/', origin);
  const hint = 'The instance needs a role (an instance profile).';
  const listed = await askMetadata({ url: roles, headers, hint }, surroundings, signal);
  const [role = ''] = new TextDecoder().decode(listed.bytes).trim().split('\n');
  if (listed.answer.status !== 200 || !ROLE_NAME.test(role))
    throw identityFault(`this instance has no role (HTTP ${listed.answer.status})`, roles.host, hint);
  return { url: new URL(role, roles), headers, hint };
}
