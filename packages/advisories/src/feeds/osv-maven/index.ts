import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories and known malware among Maven artifacts, by `group:artifact`. */
export const osvMaven = osvFeed({
  id: 'osv-maven',
  version: 1,
  osvName: 'Maven',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
