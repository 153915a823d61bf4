/** What the distribution API itself takes. */
export type RegistryCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token for the token server, as credential helpers give with the user name `<token>`. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A token that the registry itself takes. */
  | { readonly kind: 'bearer'; readonly token: string };

/** A key of an AWS user, or of a role's session; with `role`, what may take that role on. */
export interface AwsKey {
  readonly kind: 'aws-key';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** `us-east-1`; where it is not given, the registry's address names it. */
  readonly region?: string | undefined;
  readonly role?: { readonly arn: string; readonly externalId?: string | undefined } | undefined;
}

/** An application (service principal) of Microsoft Entra ID with its secret. */
export interface EntraApplication {
  readonly kind: 'entra';
  /** Directory id or one of its domains. */
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The key file of a Google service account as it was downloaded; only its name, key id and key are used. */
export interface GoogleKey {
  readonly kind: 'google-key';
  readonly keyJson: string;
}

/** Who the console's own machine is in its cloud. No secret: what it gives is asked for where it is needed. */
export interface MachineCredentials {
  readonly kind: 'machine';
  /** Azure: which of the machine's identities; without it its own. */
  readonly clientId?: string | undefined;
  readonly region?: string | undefined;
  /** Amazon: a role that the machine's role takes on. */
  readonly role?: AwsKey['role'];
}

/** What opens a registry. Held in memory only; never part of a fault, a log or a report. */
export type Credentials = RegistryCredentials | AwsKey | EntraApplication | GoogleKey | MachineCredentials;

/** `Basic …` as RFC 7617 has it, in UTF-8. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
