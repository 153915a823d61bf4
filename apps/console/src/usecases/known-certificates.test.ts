import { expect, it } from 'vitest';
import { makeCertificate } from '../auth/certificate.ts';
import { createKnownCertificates } from './known-certificates.ts';

it('parses a certificate once, another one anew, and again what it had no room for', () => {
  const parsed: string[] = [];
  const factsOf = createKnownCertificates((certificate) => {
    parsed.push(certificate);
    return { subject: certificate, endsAtMs: certificate.length };
  }, 2);
  for (const certificate of ['a', 'a', 'b', 'a', 'b']) expect(factsOf(certificate).subject).toBe(certificate);
  expect(parsed).toEqual(['a', 'b']);
  // `b` was asked for last, so `a` goes.
  for (const certificate of ['c', 'b', 'c', 'a']) factsOf(certificate);
  expect(parsed).toEqual(['a', 'b', 'c', 'a']);
});

it('says of a real one whose it is and when it ends', () => {
  const nowMs = Date.now();
  const { subject, endsAtMs } = createKnownCertificates()(makeCertificate(['client'], nowMs).certificate);
  expect(subject).not.toBe('');
  expect(endsAtMs).toBeGreaterThan(nowMs);
});
