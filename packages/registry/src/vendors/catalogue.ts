import { acr } from './acr/index.ts';
import { dockerHubVendor } from './docker-hub/index.ts';
import { ecr } from './ecr/index.ts';
import { ecrPublic } from './ecr-public/index.ts';
import { generic } from './generic/index.ts';
import { googleArtifactRegistry } from './google-artifact-registry/index.ts';
import type { RegistryVendor } from './vendor.ts';

/** Every vendor, by the id that connections store; each has a folder of that name. */
export const vendors: readonly RegistryVendor[] = [
  generic,
  dockerHubVendor,
  ecr,
  ecrPublic,
  acr,
  googleArtifactRegistry,
];

export function findVendor(id: string): RegistryVendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
