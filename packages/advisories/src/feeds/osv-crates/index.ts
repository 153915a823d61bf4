import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories and known malware among crates; RustSec's own records are the feed rust-rustsec. */
export const osvCrates = osvFeed({
  id: 'osv-crates',
  version: 1,
  osvName: 'crates.io',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
