import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
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
 * Whether a server could be shown this: read, of one pair, and valid at `nowMs`. Faults are `invalid-input` with the reason, and repeat
 * nothing of the key.
 */
export function checkClientCertificate(client: ClientCertificate, nowMs: number): ClientCertificateFacts {
  const certificate = parseCertificate(client.certificate);
  const key = parseKey(client.key);
  if (!certificate.checkPrivateKey(key)) {
    throw refusal(
      'the key is not that of the client certificate',
      'Where a file holds several certificates, its own comes first.',
    );
  }
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
  return factsOf(parseCertificate(certificate));
}

function factsOf({ subject, validToDate }: X509Certificate): ClientCertificateFacts {
  const line = subject.replaceAll('\n', ', ');
  return { subject: /(?:^|, )CN=([^,]+)/.exec(line)?.[1] ?? line, endsAtMs: validToDate.getTime() };
}

function parseCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw refusal(
      'the client certificate can not be read',
      'A PEM certificate begins with -----BEGIN CERTIFICATE-----.',
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
