import { createHash } from 'node:crypto';
import { type ClientCertificateFacts, clientCertificateFacts } from '@hullcheck/registry';

/** More than a page of connections has, so that going through a list never drops what it comes to next. */
const CERTIFICATES_MAX = 1_000;

/**
 * What stands in saved certificates, each parsed once: pages ask for all connections every few seconds. Known by a hash of its text, of which
 * nothing else is kept; another certificate has another one, so nothing here grows old.
 */
export function createKnownCertificates(
  parse = clientCertificateFacts,
  certificatesMax = CERTIFICATES_MAX,
): (certificate: string) => ClientCertificateFacts {
  const known = new Map<string, ClientCertificateFacts>();
  return (certificate) => {
    const hash = createHash('sha256').update(certificate).digest('base64');
    const facts = known.get(hash) ?? parse(certificate);
    // What is asked for again becomes the newest; the oldest goes.
    known.delete(hash);
    known.set(hash, facts);
    const [oldest] = known.keys();
    if (known.size > certificatesMax && oldest !== undefined) known.delete(oldest);
    return facts;
  };
}
