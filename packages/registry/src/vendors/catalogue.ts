import { acr } from './acr/index.ts';
import { artifactory } from './artifactory/index.ts';
import { dockerHubVendor } from './docker-hub/index.ts';
import { ecr } from './ecr/index.ts';
import { ecrPublic } from './ecr-public/index.ts';
import { generic } from './generic/index.ts';
import { ghcr } from './ghcr/index.ts';
import { gitlab } from './gitlab/index.ts';
import { googleArtifactRegistry } from './google-artifact-registry/index.ts';
import { harbor } from './harbor/index.ts';
import { nexus } from './nexus/index.ts';
import { quay } from './quay/index.ts';
import { redHat } from './red-hat/index.ts';
import type { RegistryVendor } from './vendor.ts';

/** Every vendor, by the id that connections store; each has a folder of that name. */
export const vendors: readonly RegistryVendor[] = [
  generic,
  dockerHubVendor,
  ecr,
  ecrPublic,
  acr,
  googleArtifactRegistry,
  quay,
  ghcr,
  gitlab,
  harbor,
  artifactory,
  nexus,
  redHat,
];

export function findVendor(id: string): RegistryVendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
