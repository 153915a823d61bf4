import type { AwsKey } from '../credentials.ts';
import { RegistryFault } from '../fault.ts';
import { tokenBytesMax } from '../limits.ts';
import type { VendorContext } from '../vendors/vendor.ts';
import { fetchApi } from '../vendors/vendor-api.ts';
import { awsFault } from './fault.ts';
import { type SigningKey, type SigningScope, signPost } from './signature-v4.ts';

const ROLE_SESSION_SECONDS = 3600;
const ROLE_MARGIN_MS = 5 * 60_000;

export interface AwsCall extends SigningScope {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the place of a fault. */
  readonly what: string;
  readonly bytesMax?: number;
}

/** One signed call. Throws the fault that AWS's error means. */
export async function callAws(
  call: AwsCall,
  key: SigningKey,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, headers, body, what } = call;
  const request = {
    method: 'POST',
    url,
    headers: signPost({ host: url.host, headers, body }, key, call, context.clock.now()),
    body,
    what,
    explain: (refused: Parameters<typeof awsFault>[0]) => awsFault(refused, context.clock.now()),
    ...(call.bytesMax === undefined ? {} : { bytesMax: call.bytesMax }),
  } as const;
  return (await fetchApi(request, context, signal)).bytes;
}

/** `amazonaws.com`, or what stands for it in China. */
export function awsDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** The key to sign with: the user's own, or one of a session of the role that the user takes on (STS AssumeRole). */
export async function signingKey(
  key: AwsKey,
  region: string,
  context: VendorContext,
  signal: AbortSignal,
): Promise<SigningKey> {
  const { role } = key;
  if (role === undefined) return key;
  return await context.keep(`role ${region}`, async () => {
    const value = await assumeRole(key, role, region, context, signal);
    return { value, expiresAtMs: context.clock.now() + ROLE_SESSION_SECONDS * 1000 - ROLE_MARGIN_MS };
  });
}

async function assumeRole(
  key: AwsKey,
  role: NonNullable<AwsKey['role']>,
  region: string,
  context: VendorContext,
  signal: AbortSignal,
): Promise<SigningKey> {
  const form = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: 'hullcheck',
    DurationSeconds: String(ROLE_SESSION_SECONDS),
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
  });
  const bytes = await callAws(
    {
      service: 'sts',
      region,
      url: context.exchangeBase ?? new URL(`https://sts.${region}.${awsDomain(region)}/`),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: form.toString(),
      what: 'sts',
      bytesMax: tokenBytesMax,
    },
    key,
    context,
    signal,
  );
  const text = new TextDecoder().decode(bytes);
  // Key ids and tokens hold no character that XML would have to escape, so this is the whole of reading it.
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(
    (tag) => new RegExp(`<${tag}>([\\x21-\\x3b\\x3d-\\x7e]{1,8192})</${tag}>`).exec(text)?.[1],
  );
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    throw new RegistryFault('unsupported', 'TOKEN_INVALID', 'STS gave no credentials of the role', { place: 'sts' });
  }
  return { accessKeyId, secretAccessKey, sessionToken };
}
