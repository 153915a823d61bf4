import { type ConnectionKindId, kindOf } from '@hullcheck/contract';
import { type AuthDraft, type Draft, linesOf, whatCounts } from './draft.ts';
import { addressOf, kindWords } from './kinds.ts';

export type AuthErrors = Readonly<Partial<Record<keyof AuthDraft | 'pattern', string>>>;
export type DraftErrors = Readonly<Partial<Record<keyof Draft, string>>> & {
  readonly ofRepositories?: readonly AuthErrors[];
};

const A_KEY = 'PRIVATE KEY-----';
const A_CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const NO_CERTIFICATE = `A PEM certificate begins with ${A_CERTIFICATE}.`;
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/;

/** What is wrong with a draft, by field, in words that say what to put there. */
export function draftErrors(filled: Draft): DraftErrors {
  const draft = whatCounts(filled);
  const errors: Partial<Record<keyof Draft, string>> = { ...authErrors(draft, draft.kind) };
  const kind = kindOf(draft.kind);
  if (draft.name.trim() === '') errors.name = 'Give it a name that colleagues recognise.';
  if (draft.kind === 'ecr') {
    if (!/^\d{12}$/.test(draft.account.trim())) errors.account = 'An account number has 12 digits.';
    if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(draft.region.trim())) errors.region = 'A region, as eu-west-1.';
  } else if (kindWords[draft.kind].address !== null) {
    const address = urlError(draft);
    if (address !== undefined) errors.url = address;
  }
  if (draft.apiUrl.trim() !== '' && !/^https?:\/\/[^@]+$/.test(draft.apiUrl.trim()))
    errors.apiUrl = 'An address as https://host.';
  const isNamed =
    linesOf(draft.repositories).length > 0 && linesOf(draft.repositories).every((name) => !name.includes('*'));
  if (kind.namespaces === 'required' && linesOf(draft.namespaces).length === 0 && !isNamed)
    errors.namespaces = 'Name at least one, or name the repositories below.';
  const tags = Number(draft.tagsMax);
  if (!Number.isInteger(tags) || tags < 1 || tags > 1000) errors.tagsMax = 'A number from 1 to 1000.';
  const wrong = linesOf(draft.platforms).find((platform) => !PLATFORM.test(platform));
  if (wrong !== undefined) errors.platforms = `${wrong} is no platform: write linux/arm64.`;
  if (draft.ca.includes(A_KEY))
    errors.ca = 'This holds a private key, which no authority gives out: enter its certificate.';
  else if (draft.ca.trim() !== '' && !draft.ca.includes(A_CERTIFICATE)) errors.ca = NO_CERTIFICATE;
  Object.assign(errors, clientErrors(draft));
  const own = draft.repositoryCredentials.map(
    (one): AuthErrors => ({
      ...authErrors(one, draft.kind),
      ...(one.pattern.trim() === '' ? { pattern: 'A repository, or a pattern as team/*.' } : {}),
    }),
  );
  return own.some((one) => Object.keys(one).length > 0) ? { ...errors, ofRepositories: own } : errors;
}

function clientErrors({ clientCertificate, clientKey, keepsClient, insecureHttp }: Draft): DraftErrors {
  const [certificate, key] = [clientCertificate.trim(), clientKey.trim()];
  const errors: Partial<Record<keyof Draft, string>> = {};
  if (insecureHttp && (keepsClient || certificate !== ''))
    errors.clientCertificate = 'It is shown over TLS only: do not allow plain HTTP below.';
  if (certificate === '' && key === '') return errors;
  if (certificate.includes(A_KEY))
    errors.clientCertificate =
      'This holds a private key. Enter the certificate alone here, and the key under Key of the client certificate.';
  else if (!certificate.includes(A_CERTIFICATE)) errors.clientCertificate = NO_CERTIFICATE;
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key))
    errors.clientKey = 'This key has a passphrase. Take it off: openssl pkey -in client.key -out plain.key.';
  else if (key.includes(A_CERTIFICATE) && !key.includes(A_KEY))
    errors.clientKey = 'This is a certificate. Enter it under Client certificate, and its key here.';
  else if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key))
    errors.clientKey = 'A PEM key without a passphrase begins with -----BEGIN PRIVATE KEY-----.';
  return errors;
}

function authErrors({ auth, username, secret, tenant, roleArn }: AuthDraft, kind: ConnectionKindId): AuthErrors {
  if (auth === 'saved' || auth === 'anonymous') return {};
  const words = kindWords[kind].auths[auth];
  const errors: Partial<Record<keyof AuthDraft, string>> = {};
  if (words?.username !== undefined && username.trim() === '') errors.username = `${words.username} is missing.`;
  if (words?.secret !== undefined && secret.trim() === '') errors.secret = `${words?.secret ?? 'It'} is missing.`;
  else if (auth === 'google-key' && !/"type"\s*:\s*"service_account"/.test(secret))
    errors.secret = 'This is not the JSON key file of a service account.';
  if (auth === 'entra' && tenant.trim() === '') errors.tenant = 'Directory (tenant) ID is missing.';
  if (auth === 'aws-key' && username.trim() !== '' && !/^[A-Z0-9]+$/.test(username.trim()))
    errors.username = 'An access key ID has capitals and digits only.';
  if (auth === 'machine' && !/^[0-9a-zA-Z-]*$/.test(username.trim()))
    errors.username = 'A client ID has letters, digits and hyphens only.';
  if (
    (auth === 'aws-key' || auth === 'machine') &&
    roleArn.trim() !== '' &&
    !/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn.trim())
  )
    errors.roleArn = 'As arn:aws:iam::123456789012:role/reader.';
  return errors;
}

function urlError({ kind, url, insecureHttp }: Draft): string | undefined {
  const address = addressOf(kind, url);
  if (!URL.canParse(address)) return 'An address as https://registry.example.com:5000.';
  const { protocol, username, password, hostname } = new URL(address);
  if (username !== '' || password !== '')
    return 'Put the user and password into their own fields, not into the address.';
  if (protocol === 'https:') return undefined;
  if (protocol !== 'http:') return 'Registries speak https.';
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return loopback || insecureHttp
    ? undefined
    : 'Plain HTTP shows the credential to the network. Use https, or allow HTTP below.';
}
