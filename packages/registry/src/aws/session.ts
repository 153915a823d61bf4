import type { AwsKey, Credentials, MachineCredentials } from '../credentials.ts';
import { RegistryFault } from '../fault.ts';
import { tokenBytesMax } from '../limits.ts';
import { machineFor } from '../machine/identity.ts';
import type { Kept, VendorContext } from '../vendors/vendor.ts';
import { fetchApi } from '../vendors/vendor-api.ts';
import { awsFault } from './fault.ts';
import { type SigningKey, type SigningScope, signPost } from './signature-v4.ts';

const ROLE_SESSION_SECONDS = 3600;
const ROLE_MARGIN_MS = 5 * 60_000;

/** Who signs: a key, or the role of the console's own machine. Either may take on a role. */
export type AwsCredentials = AwsKey | MachineCredentials;

export function isOfAws(credentials: Credentials | null): credentials is AwsCredentials {
  return credentials?.kind === 'aws-key' || credentials?.kind === 'machine';
}

export interface AwsCall extends SigningScope {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the place of a fault. */
  readonly what: string;
  readonly bytesMax?: number;
}

/** One call, signed where there is a key. Throws the fault that AWS's error means. */
export async function callAws(
  call: AwsCall,
  key: SigningKey | null,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, headers, body, what } = call;
  const request = {
    method: 'POST',
    url,
    headers: key === null ? headers : signPost({ host: url.host, headers, body }, key, call, context.clock.now()),
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

/** The key to sign with: the user's own, that of the machine, or one of a session of the role that either takes on (STS AssumeRole). */
export async function signingKey(
  who: AwsCredentials,
  region: string,
  isOfCloud: RegExp,
  context: VendorContext,
  signal: AbortSignal,
): Promise<SigningKey> {
  const own = () => (who.kind === 'aws-key' ? who : machineKey(region, isOfCloud, context, signal));
  const { role } = who;
  if (role === undefined) return await own();
  return await context.keep(`role ${region}`, async () => {
    const form = {
      Action: 'AssumeRole',
      RoleArn: role.arn,
      RoleSessionName: 'hullcheck',
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    };
    return await openSession(form, region, await own(), context, signal);
  });
}

/** The key that AWS lends to this machine. */
async function machineKey(
  region: string,
  isOfCloud: RegExp,
  context: VendorContext,
  signal: AbortSignal,
): Promise<SigningKey> {
  const identity = await machineFor('aws', isOfCloud, context).aws(signal);
  if (identity.kind === 'key') return identity.key;
  const { roleArn, sessionName, token } = identity;
  return await context.keep(`web identity ${region}`, async () => {
    const form = {
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: token,
    };
    // The token is its own proof: this call is not signed.
    return await openSession(form, region, null, context, signal);
  });
}

async function openSession(
  form: Readonly<Record<string, string>>,
  region: string,
  key: SigningKey | null,
  context: VendorContext,
  signal: AbortSignal,
): Promise<Kept<SigningKey>> {
  const startedAtMs = context.clock.now();
  const body = new URLSearchParams({
    ...form,
    Version: '2011-06-15',
    DurationSeconds: String(ROLE_SESSION_SECONDS),
  });
  const bytes = await callAws(
    {
      service: 'sts',
      region,
      url: context.exchangeBase ?? new URL(`https://sts.${region}.${awsDomain(region)}/`),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: body.toString(),
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
  const expiresAtMs = startedAtMs + ROLE_SESSION_SECONDS * 1000 - ROLE_MARGIN_MS;
  return { value: { accessKeyId, secretAccessKey, sessionToken }, expiresAtMs };
}
