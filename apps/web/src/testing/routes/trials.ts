import type { ConnectionChange, ConnectionInput, ConnectionRow, ConnectionTrial } from '@hullcheck/contract';

export const tried = {
  status: 'connected',
  partial: null,
  code: 'OK',
  detail: 'It lists 12 repositories and may pull.',
  retryAt: null,
} as const;

/** What a trial finds, by what stands in the draft. */
export function tryConnection({ url, auth, trustedRealms }: ConnectionChange): ConnectionTrial {
  const nothing = { ...tried, privateAddresses: [], tokenServers: [] };
  if (url.includes('unreachable'))
    return { ...nothing, status: 'unreachable', code: 'NETWORK', detail: `${url} doesn't answer: connection refused.` };
  if (url.includes('intern'))
    return {
      ...nothing,
      status: 'unreachable',
      code: 'ADDRESS_REFUSED',
      detail: 'The registry is in a private network (10.20.0.7). Confirm that this connection may go there.',
      privateAddresses: ['10.20.0.7'],
    };
  if (url.includes('foreign-realm') && !trustedRealms.includes('https://sso.example.net:8443'))
    return {
      ...nothing,
      status: 'authorization_failed',
      code: 'REALM_REFUSED',
      detail:
        'The registry names a token server on another host (https://sso.example.net:8443). Confirm that this connection may go there with its credential.',
      tokenServers: ['https://sso.example.net:8443'],
    };
  if (auth?.kind === 'basic' && auth.password === 'wrong')
    return {
      ...nothing,
      status: 'authorization_failed',
      code: 'CREDENTIALS_REFUSED',
      detail: `${url} refused ${auth.username} (401).`,
    };
  return nothing;
}

/** The row's fields that are what was sent. */
export function savedOf(body: Omit<ConnectionChange, 'auth'> & Pick<ConnectionInput, 'auth'>) {
  const shown = (auth: ConnectionInput['auth']): ConnectionRow['auth'] => ({
    kind: auth.kind,
    username: auth.kind === 'basic' ? auth.username : auth.kind === 'aws-key' ? auth.accessKeyId : null,
  });
  return {
    ...body,
    auth: shown(body.auth),
    repositoryCredentials: body.repositoryCredentials.map(({ pattern, auth }) => ({
      pattern,
      auth: shown(auth ?? { kind: 'anonymous' }),
    })),
    tls: {
      ca: typeof body.tls.ca === 'string',
      insecureHttp: body.tls.insecureHttp,
      // The page never reads a certificate: the console says what it is of.
      clientCertificate:
        body.tls.clientCertificate == null ? null : { subject: 'console', endsAt: '2027-06-30T00:00:00Z' },
    },
  };
}

/** What is left out stays as it was. */
export function changedOf(old: ConnectionRow, body: ConnectionChange) {
  const saved = savedOf({ ...body, auth: body.auth ?? { kind: 'anonymous' } });
  return {
    ...saved,
    auth: body.auth === undefined ? old.auth : saved.auth,
    tls: {
      ...saved.tls,
      ca: body.tls.ca === undefined ? old.tls.ca : saved.tls.ca,
      clientCertificate:
        body.tls.clientCertificate === undefined ? old.tls.clientCertificate : saved.tls.clientCertificate,
    },
  };
}
