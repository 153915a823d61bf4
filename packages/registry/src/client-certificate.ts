import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Fault } from '@hullcheck/core';

/** PEM texts: the certificate, perhaps with those that link it to its authority, and its key. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ClientCertificateFacts {
  /** Its common name, or the whole subject in one line. */
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly endsAtMs: number;
}

/**
 * Whether a server could be shown this: read to its last certificate, of one pair, taken by TLS, and valid at `nowMs`. What else stands in
 * the certificate's text is passed over, as Docker does. Faults are `invalid-input` with the reason, and repeat
 * nothing of the key.
 */
export function checkClientCertificate(client: ClientCertificate, nowMs: number): ClientCertificateFacts {
  const [certificate, ...links] = parseChain(client.certificate);
  const key = parseKey(client.key);
  if (!certificate.checkPrivateKey(key)) {
    throw refusal(
      'the key is not that of the client certificate',
      'Where a file holds several certificates, its own comes first.',
    );
  }
  requireTls(encode([certificate, ...links]), client.key);
  const facts = factsOf(certificate);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (facts.endsAtMs <= nowMs)
    throw refusal(`the client certificate ended on ${day(facts.endsAtMs)}`, 'Ask for a new one.');
  const beginsAtMs = certificate.validFromDate.getTime();
  if (beginsAtMs > nowMs)
    throw refusal(
      `the client certificate is valid from ${day(beginsAtMs)}`,
      "Set the clock of the console's machine, or wait.",
    );
  return facts;
}

/** Of a certificate that was checked before. */
export function clientCertificateFacts(certificate: string): ClientCertificateFacts {
  return factsOf(parseChain(certificate)[0]);
}

/**
 * The certificates alone, encoded anew in their order: what may be kept and shown in the clear. A text that holds a private key, as files
 * with both do, is refused: whoever entered it there would not know where it went.
 */
export function certificateChain(text: string): string {
  if (text.includes('PRIVATE KEY-----'))
    throw refusal(
      'the text of the client certificate holds a private key',
      'Enter the blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- there, and the key as the key.',
    );
  return encode(parseChain(text));
}

const encode = (chain: readonly X509Certificate[]): string => chain.map((one) => one.toString()).join('');

function factsOf({ subject, validToDate }: X509Certificate): ClientCertificateFacts {
  const line = subject.replaceAll('\n', ', ');
  return { subject: /(?:^|, )CN=([^,]+)/.exec(line)?.[1] ?? line, endsAtMs: validToDate.getTime() };
}

/** The client's own first. */
function parseChain(text: string): readonly [X509Certificate, ...X509Certificate[]] {
  const blocks = text.split(/-----BEGIN (?:X509 )?CERTIFICATE-----/).slice(1);
  const parse = (block: string, index: number) => {
    try {
      const [body] = block.split('-----END ', 1);
      return new X509Certificate(`-----BEGIN CERTIFICATE-----${body}-----END CERTIFICATE-----`);
    } catch {
      const which = index === 0 ? '' : `, the ${index + 1}. of its text,`;
      throw refusal(
        `the client certificate${which} can not be read`,
        'A PEM certificate begins with -----BEGIN CERTIFICATE-----.',
      );
    }
  };
  const [own = '', ...links] = blocks;
  return [parse(own, 0), ...links.map((link, index) => parse(link, index + 1))];
}

/** What OpenSSL refuses to show, such as a key that is too short, would fail each request as if the registry were at fault. */
function requireTls(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    // The reason is one of OpenSSL's fixed phrases; its message could repeat more.
    const { reason } = error as { readonly reason?: string };
    throw refusal(
      `TLS does not take the client certificate: ${reason ?? 'no reason was given'}`,
      'Ask for one with a key of at least RSA 2048 or P-256, signed with SHA-256.',
    );
  }
}

function parseKey(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text))
    throw refusal(
      'the key of the client certificate is encrypted',
      'Enter it without a passphrase; it is stored encrypted here.',
    );
  try {
    return createPrivateKey(text);
  } catch {
    // Without the cause: OpenSSL's message could repeat a part of the key.
    throw refusal(
      'the key of the client certificate can not be read',
      'A PEM key begins with -----BEGIN PRIVATE KEY-----.',
    );
  }
}

function refusal(message: string, hint: string): Fault {
  return new Fault('invalid-input', message, { place: 'clientCertificate', hint });
}
