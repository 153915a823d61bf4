import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories on Swift packages, by the address of the repository. */
export const osvSwift = osvFeed({
  id: 'osv-swift',
  version: 1,
  osvName: 'SwiftURL',
  licence: 'CC-BY-4.0',
  prefixes: ['GHSA-'],
});
