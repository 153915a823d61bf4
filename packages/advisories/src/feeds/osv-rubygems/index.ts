import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories and known malware among gems; RubySec's are the feed ruby-rubysec. */
export const osvRubygems = osvFeed({
  id: 'osv-rubygems',
  version: 1,
  osvName: 'RubyGems',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
