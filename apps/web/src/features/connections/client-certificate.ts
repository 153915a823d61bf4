const DAY_MS = 86_400_000;
/** Authorities of companies take days to weeks to give a new one. */
const NOTICE_DAYS = 30;

export type CertificateTerm =
  | { readonly state: 'valid' }
  | { readonly state: 'ending'; readonly when: string }
  | { readonly state: 'ended' };

/** Whether the end of a certificate is near enough to do something about it. */
export function certificateTerm(endsAt: string, nowMs: number): CertificateTerm {
  const leftMs = Date.parse(endsAt) - nowMs;
  if (leftMs <= 0) return { state: 'ended' };
  const days = Math.floor(leftMs / DAY_MS);
  if (days >= NOTICE_DAYS) return { state: 'valid' };
  return { state: 'ending', when: days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days` };
}
