import { createHash, createHmac } from 'node:crypto';

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningScope {
  readonly region: string;
  /** As AWS names it in signatures: `ecr`, `ecr-public`, `sts`. */
  readonly service: string;
}

/** A POST to `/` without a query: all calls that are made here are of that form, so nothing of a path needs canonical form. */
export interface SignedPost {
  readonly host: string;
  /** Names in lower case. All are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The headers to send, signed as AWS Signature Version 4
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). `nowMs` is the date of the signature;
 * AWS refuses one that is more than five minutes off.
 */
export function signPost(
  post: SignedPost,
  key: SigningKey,
  scope: SigningScope,
  nowMs: number,
): Readonly<Record<string, string>> {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers = {
    ...post.headers,
    'x-amz-date': date,
    ...(key.sessionToken === undefined ? {} : { 'x-amz-security-token': key.sessionToken }),
  };
  const signed = Object.entries({ ...headers, host: post.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    'POST\n/\n',
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(post.body),
  ].join('\n');
  const credentialScope = `${date.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${credentialScope}\n${sha256(canonical)}`;
  const signingKey = credentialScope
    .split('/')
    .reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${key.secretAccessKey}`);
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${credentialScope}, SignedHeaders=${names}, Signature=${hmac(signingKey, toSign).toString('hex')}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
