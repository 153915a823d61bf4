import { osvFeed } from '../osv-feed.ts';

/** Known malware among Go modules. GitHub's advisories are not taken: the Go team takes each over into go-vulndb with the versions that it found itself. */
export const osvGo = osvFeed({
  id: 'osv-go',
  version: 1,
  osvName: 'Go',
  licence: 'Apache-2.0',
  extent: 'excerpt',
  prefixes: ['MAL-'],
});
