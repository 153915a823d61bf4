import { z } from 'zod';

/**
 * How someone proves to a registry who they are. A connection of each kind takes some of these; the secrets in them are sealed
 * before they are stored.
 */
export type AuthKind = 'anonymous' | 'basic' | 'token' | 'aws-key' | 'entra' | 'google-key' | 'machine';

/** Clouds that give their machines an identity. */
export const machineClouds = ['aws', 'google', 'azure'] as const;
export type MachineCloud = (typeof machineClouds)[number];

export interface ConnectionKind {
  /** The vendor's id in the registry package. */
  readonly id: string;
  readonly name: string;
  /** The usual one first. */
  readonly auths: readonly AuthKind[];
  /** The cloud whose machines may sign in as themselves (`machine`), where the console's operator allows it. */
  readonly machine?: MachineCloud;
  /** What its API lists by: `optional` narrows the list, `required` makes it. Null: its list knows no such thing. */
  readonly namespaces: 'required' | 'optional' | null;
  /** Its API is another host than the registry, which only the user knows. */
  readonly api: 'required' | 'optional' | null;
  /** Its newest tags are those that were pushed last; where its API does not say when, by name. What limits that, or null. */
  readonly newest: { readonly by: 'pushed' | 'name'; readonly but: string | null };
  /** By what the connection was tried, and what that can't show. Stands in the docs and on the form. */
  readonly triedWith: string;
  readonly unproven: string;
}

/** Every kind of connection. A test proves that these are the vendors of the registry package. */
export const connectionKinds = [
  {
    id: 'generic',
    name: 'Any registry (distribution API)',
    auths: ['basic', 'token', 'anonymous'],
    namespaces: null,
    api: null,
    newest: { by: 'name', but: null },
    triedWith: 'the real docker-registry 2.8 with TLS, client certificates, Basic and Bearer tokens',
    unproven: 'pages of tags, which that version does not have, are tried with a server of our own',
  },
  {
    id: 'docker-hub',
    name: 'Docker Hub',
    auths: ['basic', 'anonymous'],
    namespaces: 'optional',
    api: null,
    newest: { by: 'pushed', but: null },
    triedWith: 'a strict copy of its documented API',
    unproven: 'single sign-on, the scopes of organisation access tokens and the real budget of pulls',
  },
  {
    id: 'ecr',
    name: 'Amazon ECR',
    auths: ['aws-key', 'machine'],
    machine: 'aws',
    namespaces: null,
    api: null,
    newest: { by: 'pushed', but: null },
    triedWith:
      'a strict copy of ECR and STS that verifies signatures, and of the metadata services of EC2, ECS and EKS',
    unproven: 'IAM policies, regional endpoints, hop limits of instances, and the way of blobs through S3',
  },
  {
    id: 'ecr-public',
    name: 'Amazon ECR Public',
    auths: ['anonymous', 'aws-key', 'machine'],
    machine: 'aws',
    namespaces: null,
    api: null,
    newest: { by: 'pushed', but: 'of your own registry; by name elsewhere and without a key' },
    triedWith: 'a strict copy of its API that verifies signatures',
    unproven: 'IAM policies and the limits of requests without a key',
  },
  {
    id: 'acr',
    name: 'Azure Container Registry',
    auths: ['basic', 'entra', 'machine'],
    machine: 'azure',
    namespaces: null,
    api: null,
    newest: { by: 'pushed', but: 'by name where the credential may not read metadata' },
    triedWith: 'a strict copy of its token server, of Entra ID and of the metadata service',
    unproven:
      'conditional access, ABAC roles, the firewall of the registry; identities of App Service and Azure Arc are not offered',
  },
  {
    id: 'google-artifact-registry',
    name: 'Google Artifact Registry',
    auths: ['google-key', 'machine'],
    machine: 'google',
    namespaces: 'required',
    api: null,
    newest: { by: 'pushed', but: null },
    triedWith: 'a strict copy of its API and token server that verifies assertions, and of the metadata server',
    unproven: 'IAM inheritance, VPC Service Controls and workload identity outside Google Cloud, which is not offered',
  },
  {
    id: 'quay',
    name: 'Quay',
    auths: ['token', 'basic', 'anonymous'],
    namespaces: 'optional',
    api: null,
    newest: { by: 'pushed', but: 'by name for a robot account, which may not use the API' },
    triedWith: 'a strict copy of its documented API',
    unproven: 'teams and their permissions, and limits of requests',
  },
  {
    id: 'ghcr',
    name: 'GitHub Container Registry',
    auths: ['basic', 'token', 'anonymous'],
    namespaces: 'optional',
    api: 'optional',
    newest: { by: 'pushed', but: 'by name without a token' },
    triedWith: 'a strict copy of its documented API',
    unproven: 'which packages a token sees, single sign-on and the real budget of requests',
  },
  {
    id: 'gitlab',
    name: 'GitLab',
    auths: ['token', 'basic'],
    namespaces: 'required',
    api: 'optional',
    newest: {
      by: 'pushed',
      but: 'by name for a deploy token and an older GitLab; by when the image was made where the registry has no metadata database',
    },
    triedWith: 'a strict copy of its documented API',
    unproven: "roles, job tokens and GitLab.com's limits of requests",
  },
  {
    id: 'harbor',
    name: 'Harbor',
    auths: ['basic', 'anonymous'],
    namespaces: 'optional',
    api: null,
    newest: { by: 'pushed', but: null },
    triedWith: 'a strict copy of its API 2.0 and token server',
    unproven: 'permissions of robots, quotas, proxied projects and OIDC',
  },
  {
    id: 'artifactory',
    name: 'JFrog Artifactory',
    auths: ['basic', 'token', 'anonymous'],
    namespaces: 'optional',
    api: 'optional',
    newest: { by: 'pushed', but: 'by name where no repository keys are given, or AQL is refused' },
    triedWith: 'a strict copy of its documented API',
    unproven: 'editions without the API, and caches of remote repositories',
  },
  {
    id: 'nexus',
    name: 'Sonatype Nexus',
    auths: ['basic', 'anonymous'],
    namespaces: 'optional',
    api: 'optional',
    newest: { by: 'pushed', but: 'by name behind a connector' },
    triedWith: 'a strict copy of its documented REST API',
    unproven:
      'realms, content selectors and group repositories; images with more than 100,000 tags in all are not listed',
  },
  {
    id: 'red-hat',
    name: 'Red Hat',
    auths: ['basic', 'anonymous'],
    namespaces: null,
    api: null,
    newest: { by: 'name', but: null },
    triedWith: 'a copy of its token server',
    unproven: 'which products a subscription opens, and terms that some repositories ask to accept; it has no list',
  },
] as const satisfies readonly ConnectionKind[];

export type ConnectionKindId = (typeof connectionKinds)[number]['id'];

const ids = connectionKinds.map(({ id }) => id) as [ConnectionKindId, ...ConnectionKindId[]];

export const connectionKind = z.enum(ids);

export function kindOf(id: ConnectionKindId): ConnectionKind {
  const found = connectionKinds.find((kind) => kind.id === id);
  if (found === undefined) throw new Error('every id of the type is in the list');
  return found;
}
