import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories and known malware among npm packages: nine of ten records are malware. */
export const osvNpm = osvFeed({
  id: 'osv-npm',
  version: 1,
  osvName: 'npm',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
