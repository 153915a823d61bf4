import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories, Drupal's and known malware among Composer packages; FriendsOfPHP's are the feed php-friendsofphp. */
export const osvPackagist = osvFeed({
  id: 'osv-packagist',
  version: 1,
  osvName: 'Packagist',
  licence: 'CC-BY-4.0 (GHSA), facts only (Drupal, which states none), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'DRUPAL-', 'MAL-'],
});
