import type { ZodType } from 'zod';
import { parseJson, readBody } from '../body.ts';
import { metadataTimeoutMs, tokenBytesMax } from '../limits.ts';
import type { Answer } from '../transport.ts';
import { identityFault, type MachineSurroundings } from './surroundings.ts';

/** Where EC2, Google and Azure have their metadata service. */
export const instanceMetadata = 'http://169.254.169.254';
export const instanceMetadataV6 = 'http://[fd00:ec2::254]';
/** Amazon's agents for containers: of ECS, and of EKS Pod Identity. */
export const taskMetadata = 'http://169.254.170.2';
export const podMetadata: readonly string[] = ['http://169.254.170.23', 'http://[fd00:ec2::23]'];

/** Every address that is ever asked for an identity, as ranges of one. */
export const metadataAddresses: readonly string[] = [
  '169.254.169.254/32',
  'fd00:ec2::254/128',
  '169.254.170.2/32',
  '169.254.170.23/32',
  'fd00:ec2::23/128',
];

export interface MetadataAsk {
  readonly method?: 'GET' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What to do where nobody answers. */
  readonly hint: string;
}

/** One request within `metadataTimeoutMs`, without a second try: who is not in that cloud finds out soon. */
export async function askMetadata(
  { method = 'GET', url, headers, hint }: MetadataAsk,
  { transport }: MachineSurroundings,
  signal: AbortSignal,
): Promise<{ readonly answer: Answer; readonly bytes: Uint8Array }> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(metadataTimeoutMs)]);
  try {
    const answer = await transport.exchange({ method, url, headers, reach: 'registry' }, deadline);
    return { answer, bytes: await readBody(answer, tokenBytesMax, deadline) };
  } catch (error) {
    if (signal.aborted) throw error;
    throw identityFault('the metadata service of this machine did not answer', url.host, hint, error);
  }
}

/** The same for JSON of a known shape. Nothing of another answer is repeated: it could hold a token. */
export async function askMetadataJson<T>(
  ask: MetadataAsk,
  schema: ZodType<T>,
  surroundings: MachineSurroundings,
  signal: AbortSignal,
): Promise<T> {
  const { answer, bytes } = await askMetadata(ask, surroundings, signal);
  const parsed = schema.safeParse(parseJson(bytes));
  if (answer.status === 200 && parsed.success) return parsed.data;
  throw identityFault(
    `the metadata service of this machine gave no credentials (HTTP ${answer.status})`,
    ask.url.host,
    ask.hint,
  );
}
