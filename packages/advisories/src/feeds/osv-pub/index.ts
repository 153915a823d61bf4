import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories on packages of pub.dev. */
export const osvPub = osvFeed({
  id: 'osv-pub',
  version: 1,
  osvName: 'Pub',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
