import { z } from 'zod';
import { tokenMarginMs } from '../limits.ts';
import type { Kept } from '../vendors/vendor.ts';
import { askMetadataJson, instanceMetadata } from './metadata.ts';
import type { MachineSurroundings } from './surroundings.ts';

const Token = z.object({
  access_token: z
    .string()
    .min(1)
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/),
  expires_in: z.number().positive().max(1e6),
});

export interface GoogleToken {
  readonly value: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * A token of the instance's service account, or of the one that workload identity gives to the pod: the same address
 * (https://cloud.google.com/compute/docs/access/authenticate-workloads). By number: a name server has no say in it.
 */
export async function googleToken(surroundings: MachineSurroundings, signal: AbortSignal): Promise<Kept<GoogleToken>> {
  const ask = {
    url: new URL('/computeMetadata/v1/instance/service-accounts/default/token', instanceMetadata),
    headers: { 'metadata-flavor': 'Google' },
    hint: 'The console must run on Google Cloud with a service account, whose access scopes include cloud-platform; on GKE with workload identity.',
  };
  const { access_token: value, expires_in: seconds } = await askMetadataJson(ask, Token, surroundings, signal);
  // The metadata server gives the same token until some minutes before its end.
  const expiresAtMs = surroundings.clock.now() + seconds * 1000 - 3 * tokenMarginMs;
  return { value: { value, expiresAtMs }, expiresAtMs };
}
