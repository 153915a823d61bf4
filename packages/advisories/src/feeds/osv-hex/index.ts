import { osvFeed } from '../osv-feed.ts';

/** Advisories on packages of hex.pm, by GitHub's reviewers and by the Erlang Ecosystem Foundation. https://cna.erlef.org/osv/ */
export const osvHex = osvFeed({
  id: 'osv-hex',
  version: 1,
  osvName: 'Hex',
  licence: 'CC-BY-4.0 (GHSA, EEF), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'EEF-', 'MAL-'],
});
