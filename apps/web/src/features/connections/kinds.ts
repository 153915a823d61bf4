import type { AuthKind, ConnectionKindId } from '@hullcheck/contract';

interface AuthWords {
  readonly option: string;
  readonly username?: string;
  readonly secret?: string;
  readonly hint?: string;
}

interface KindWords {
  /** Null: there is one address, or it is made of other fields. */
  readonly address: { readonly label: string; readonly hint: string; readonly start: string } | null;
  readonly fixedUrl?: string;
  readonly namespaces?: { readonly label: string; readonly hint: string };
  readonly api?: { readonly label: string; readonly hint: string };
  readonly auths: { readonly [kind in AuthKind]?: AuthWords };
  readonly repositories: string;
}

const ALL = 'One a line, * matches within a name. Empty means all that the registry lists.';
const NOBODY: AuthWords = { option: 'Nobody (public repositories)' };
const AWS: AuthWords = {
  option: 'Access key',
  username: 'Access key ID',
  secret: 'Secret access key',
  hint: 'Of a user with the policy AmazonEC2ContainerRegistryReadOnly.',
};
/** `username` here names which of several identities is meant, and may stay empty. */
const MACHINE: AuthWords = { option: "Identity of the console's machine" };
const AWS_MACHINE: AuthWords = {
  ...MACHINE,
  hint: 'The role of the instance, task or pod that the console runs as, with AmazonEC2ContainerRegistryReadOnly.',
};
const hostHint = (example: string) => `As ${example}`;

/** Each kind of registry in the words of those who use it. */
export const kindWords: { readonly [id in ConnectionKindId]: KindWords } = {
  generic: {
    address: { label: 'Address', hint: hostHint('https://registry.example.com:5000'), start: '' },
    auths: {
      basic: { option: 'User and password', username: 'User', secret: 'Password' },
      token: { option: 'Token', secret: 'Token', hint: 'One that the registry itself takes (Bearer).' },
      anonymous: NOBODY,
    },
    repositories: ALL,
  },
  'docker-hub': {
    address: null,
    fixedUrl: 'https://registry-1.docker.io',
    namespaces: { label: 'Namespaces', hint: 'Users or organisations, one a line, whose repositories are listed.' },
    auths: {
      basic: {
        option: 'User or organisation with access token',
        username: 'User or organisation',
        secret: 'Access token',
        hint: 'A personal or organisation access token that may only read. With two-factor sign-in a password is refused.',
      },
      anonymous: NOBODY,
    },
    repositories: 'As library/nginx or myorg/*, one a line. Empty means all of the namespaces.',
  },
  ecr: {
    address: null,
    auths: { 'aws-key': AWS, machine: AWS_MACHINE },
    repositories: ALL,
  },
  'ecr-public': {
    address: null,
    fixedUrl: 'https://public.ecr.aws',
    auths: {
      anonymous: NOBODY,
      'aws-key': {
        ...AWS,
        hint: 'With ecr-public:GetAuthorizationToken, ecr-public:DescribeRepositories and sts:GetServiceBearerToken.',
      },
      machine: AWS_MACHINE,
    },
    repositories:
      'As docker/library/nginx, one a line. Only the registry of your own account can be listed, with its key.',
  },
  acr: {
    address: { label: 'Registry name', hint: 'As contoso, or contoso.azurecr.io in full.', start: '' },
    auths: {
      basic: {
        option: 'Service principal, token or admin user',
        username: 'Application ID, token name or admin user',
        secret: 'Client secret or password',
        hint: 'A service principal with AcrPull is enough; a registry with ABAC needs Repository Reader and Catalog Lister.',
      },
      entra: {
        option: 'Application by Entra ID',
        username: 'Application (client) ID',
        secret: 'Client secret',
        hint: 'The value of the secret, not its id.',
      },
      machine: { ...MACHINE, hint: 'Its managed identity, or that of its pod, with AcrPull.' },
    },
    repositories:
      'One a line, * matches within a name. Name them where the credential may not list (tokens with a scope map).',
  },
  'google-artifact-registry': {
    address: { label: 'Registry host', hint: 'As europe-west1-docker.pkg.dev, or gcr.io', start: '' },
    namespaces: { label: 'Project IDs', hint: 'One a line: the id, not the name or number.' },
    auths: {
      'google-key': {
        option: 'Key of a service account (JSON)',
        secret: 'Key file',
        hint: 'The whole JSON file. Artifact Registry Reader is enough. Servers that the file names are not asked.',
      },
      machine: { ...MACHINE, hint: 'Its service account, or that of its pod, with Artifact Registry Reader.' },
    },
    repositories: 'As my-project/repository/image, one a line, * matches. Empty means all of the projects.',
  },
  quay: {
    address: {
      label: 'Address',
      hint: hostHint('https://quay.io, or that of your own Quay'),
      start: 'https://quay.io',
    },
    namespaces: { label: 'Organisations', hint: 'One a line. A robot account lists what it may see without them.' },
    auths: {
      token: {
        option: 'OAuth application token',
        secret: 'Token',
        hint: 'Of an application of the organisation, with View all visible repositories.',
      },
      basic: {
        option: 'Robot account',
        username: 'Robot name',
        secret: 'Robot token',
        hint: 'As acme+reader, with Read on the repositories.',
      },
      anonymous: NOBODY,
    },
    repositories: ALL,
  },
  ghcr: {
    address: {
      label: 'Address',
      hint: 'https://ghcr.io, or containers.HOST of a GitHub Enterprise Server',
      start: 'https://ghcr.io',
    },
    namespaces: {
      label: 'Owners',
      hint: 'Users or organisations, one a line. Empty means the packages of the token’s own user.',
    },
    api: { label: 'API address', hint: 'Only where it is not the usual one, as https://github.example.com/api/v3' },
    auths: {
      basic: {
        option: 'User and personal access token',
        username: 'User',
        secret: 'Personal access token (classic)',
        hint: 'With the scope read:packages. Fine-grained tokens can’t list packages.',
      },
      token: {
        option: 'Personal access token alone',
        secret: 'Personal access token (classic)',
        hint: 'With the scope read:packages. Fine-grained tokens can’t list packages.',
      },
      anonymous: NOBODY,
    },
    repositories: 'As owner/image, one a line, * matches. Empty means all of the owners.',
  },
  gitlab: {
    address: {
      label: 'Registry address',
      hint: hostHint('https://registry.gitlab.com or https://registry.example.com:5050'),
      start: 'https://registry.gitlab.com',
    },
    api: { label: 'GitLab address', hint: 'As https://gitlab.example.com. Empty for gitlab.com.' },
    namespaces: { label: 'Groups or projects', hint: 'Paths or ids, one a line: acme/shop, group:12, project:42.' },
    auths: {
      token: {
        option: 'Access token',
        secret: 'Access token',
        hint: 'Personal, group or project token with read_api and read_registry.',
      },
      basic: {
        option: 'User or deploy token',
        username: 'User or name of the deploy token',
        secret: 'Token',
        hint: 'A deploy token with read_registry pulls but can’t list: name the repositories then.',
      },
    },
    repositories: 'As group/project/image, one a line, * matches. Empty means all of the groups and projects.',
  },
  harbor: {
    address: { label: 'Address', hint: hostHint('https://harbor.example.com'), start: '' },
    namespaces: { label: 'Projects', hint: 'One a line. Empty means all that the account may see.' },
    auths: {
      basic: {
        option: 'Robot account or user',
        username: 'Robot or user',
        secret: 'Secret or password',
        hint: 'As robot$reader or robot$project+reader. Who signs in by OIDC uses the CLI secret of the profile.',
      },
      anonymous: NOBODY,
    },
    repositories: 'As project/image, one a line, * matches. Empty means all of the projects.',
  },
  artifactory: {
    address: {
      label: 'Address',
      hint: 'The Artifactory (https://acme.jfrog.io), or the subdomain or port of one repository',
      start: '',
    },
    namespaces: {
      label: 'Repository keys',
      hint: 'One a line, * for all: images are then KEY/IMAGE. Empty where the address is one repository.',
    },
    api: { label: 'API address', hint: 'Only where it is not ADDRESS/artifactory' },
    auths: {
      basic: { option: 'User with identity token or password', username: 'User', secret: 'Identity token or password' },
      token: { option: 'Access token alone', secret: 'Access token' },
      anonymous: NOBODY,
    },
    repositories: ALL,
  },
  nexus: {
    address: {
      label: 'Address',
      hint: 'Of the repository’s connector (its port or host), or the Nexus with path-based routing',
      start: '',
    },
    namespaces: {
      label: 'Nexus repositories',
      hint: 'With path-based routing, one a line, * for all. Empty for a connector.',
    },
    api: { label: 'REST address', hint: 'Only where it is not the address above' },
    auths: {
      basic: {
        option: 'User and password, or user token',
        username: 'User or token name',
        secret: 'Password or token pass code',
        hint: 'With nx-repository-view-docker-*-browse and -read.',
      },
      anonymous: NOBODY,
    },
    repositories: ALL,
  },
  'red-hat': {
    address: {
      label: 'Address',
      hint: 'https://registry.redhat.io, or https://registry.access.redhat.com without sign-in',
      start: 'https://registry.redhat.io',
    },
    auths: {
      basic: { option: 'Registry service account', username: 'Name, as 12345678|reader', secret: 'Token' },
      anonymous: NOBODY,
    },
    repositories: 'As ubi9/ubi-minimal, one a line: Red Hat gives no list.',
  },
};

/** The address as the contract takes it: what people leave out is put there. */
export function addressOf(kind: ConnectionKindId, text: string): string {
  const typed = text.trim();
  if (typed === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return typed;
  if (kind === 'acr' && /^[a-z0-9]+$/i.test(typed)) return `https://${typed.toLowerCase()}.azurecr.io`;
  // A bare word is more likely half an address than a host.
  return /[.:]/.test(typed) ? `https://${typed}` : typed;
}

const ECR_HOST = /^https:\/\/(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

export function ecrUrl(account: string, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${account.trim()}.dkr.ecr.${region.trim()}.${domain}`;
}

export function ecrPlace(url: string): { readonly account: string; readonly region: string } {
  const found = ECR_HOST.exec(url.trim());
  return { account: found?.[1] ?? '', region: found?.[2] ?? '' };
}
