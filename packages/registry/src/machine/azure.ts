import { z } from 'zod';
import { tokenMarginMs } from '../limits.ts';
import type { Kept } from '../vendors/vendor.ts';
import { askMetadataJson, instanceMetadata } from './metadata.ts';
import { identityFault, type MachineSurroundings, readTokenFile } from './surroundings.ts';

/** A token for registries, or what Entra trades for one: a token of the cluster (workload identity federation). */
export type AzureIdentity =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'assertion'; readonly tenant: string; readonly clientId: string; readonly assertion: string };

export const registryResource = 'https://containerregistry.azure.net';

const Token = z.object({
  access_token: z
    .string()
    .min(1)
    .max(64 * 1024)
    .regex(/^[\x21-\x7e]+$/),
  /** Seconds; a text in Azure's answers. */
  expires_in: z.union([z.number(), z.string().regex(/^\d{1,7}$/)]),
});
const FILE_MS = 30_000;
const ID = /^[0-9a-zA-Z][0-9a-zA-Z.-]{0,252}$/;

/**
 * The pod's federated identity where the cluster's webhook has set its variables, else the managed identity of the machine
 * (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
 */
export async function azureIdentity(
  clientId: string | null,
  surroundings: MachineSurroundings,
  signal: AbortSignal,
): Promise<Kept<AzureIdentity>> {
  const { environment, clock } = surroundings;
  const { AZURE_FEDERATED_TOKEN_FILE: file, AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: ownClient } = environment;
  if (file) {
    const client = clientId ?? ownClient ?? '';
    if (tenant === undefined || !ID.test(tenant) || !ID.test(client))
      throw identityFault(
        'the workload identity of this pod is not complete',
        'AZURE_CLIENT_ID, AZURE_TENANT_ID',
        "The pod's service account needs the annotation azure.workload.identity/client-id.",
      );
    const assertion = await readTokenFile(file, 'AZURE_FEDERATED_TOKEN_FILE');
    return { value: { kind: 'assertion', tenant, clientId: client, assertion }, expiresAtMs: clock.now() + FILE_MS };
  }
  const url = new URL('/metadata/identity/oauth2/token', instanceMetadata);
  url.search = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: registryResource,
    ...(clientId === null ? {} : { client_id: clientId }),
  }).toString();
  const hint =
    clientId === null
      ? 'The machine needs a managed identity; where it has several, enter the client ID of the one that is meant.'
      : 'The machine needs the managed identity with that client ID.';
  const { access_token: token, expires_in } = await askMetadataJson(
    { url, headers: { metadata: 'true' }, hint },
    Token,
    surroundings,
    signal,
  );
  const lifeMs = Math.min(Number(expires_in), 86_400) * 1000;
  return { value: { kind: 'token', token }, expiresAtMs: clock.now() + lifeMs - 6 * tokenMarginMs };
}
