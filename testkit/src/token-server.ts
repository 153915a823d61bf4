import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { makeCertificate } from './certificate.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

export interface TokenServerOptions {
  /** Folder for its key and certificate. */
  readonly folder: string;
  readonly service: string;
  readonly account: { readonly username: string; readonly password: string };
  /** Which repositories the account may read; nobody may read any. */
  readonly mayPull: (repository: string) => boolean;
  /** Seconds that a token counts. */
  readonly seconds?: number;
}

export interface TokenServer extends ScriptedServer {
  readonly realm: string;
  readonly issuer: string;
  readonly certificatePath: string;
}

const base64url = (value: string | Buffer) => Buffer.from(value).toString('base64url');

/**
 * The token server beside a distribution registry: GET with Basic, one `scope` for each thing wanted, and a signed token that
 * grants what the account may have, which can be less. It stands at 127.0.0.2: for a registry at 127.0.0.1 another host.
 * The registry itself checks signature, issuer, audience and access.
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { certificate, key, certificatePath } = await makeCertificate(options.folder);
  const issuer = 'hullcheck-test';
  const wanted = `Basic ${Buffer.from(`${options.account.username}:${options.account.password}`).toString('base64')}`;
  const server = await startScriptedServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const { authorization } = request.headers;
    if (authorization !== undefined && authorization !== wanted)
      return void response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"details":"incorrect username or password"}');
    if (url.searchParams.get('service') !== options.service) return void response.writeHead(400).end('{}');
    const access = url.searchParams.getAll('scope').map((scope) => {
      const [type, rest] = [scope.slice(0, scope.indexOf(':')), scope.slice(scope.indexOf(':') + 1)];
      const [name, asked] = [rest.slice(0, rest.lastIndexOf(':')), rest.slice(rest.lastIndexOf(':') + 1).split(',')];
      const isAllowed = authorization !== undefined && (type === 'registry' || options.mayPull(name));
      return { type, name, actions: isAllowed ? asked.filter((action) => action === 'pull' || action === '*') : [] };
    });
    const now = Math.floor(Date.now() / 1000);
    const seconds = options.seconds ?? 300;
    const token = jwt(certificate, key, {
      iss: issuer,
      sub: options.account.username,
      aud: options.service,
      iat: now,
      nbf: now - 5,
      exp: now + seconds,
      jti: String(Math.random()),
      access,
    });
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token, expires_in: seconds, issued_at: new Date(now * 1000).toISOString() }));
  }, '127.0.0.2');
  return { ...server, realm: `${server.origin}/token`, issuer, certificatePath };
}

/** With the certificate in its header, as distribution 2 wants it. */
function jwt(certificate: string, key: string, claims: object): string {
  const x5c = [new X509Certificate(certificate).raw.toString('base64')];
  const body = `${base64url(JSON.stringify({ typ: 'JWT', alg: 'ES256', x5c }))}.${base64url(JSON.stringify(claims))}`;
  const signature = sign('sha256', Buffer.from(body), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
  return `${body}.${base64url(signature)}`;
}
