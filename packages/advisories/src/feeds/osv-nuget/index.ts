import { osvFeed } from '../osv-feed.ts';

/** GitHub's reviewed advisories and known malware among NuGet packages; ids in lower case, as NuGet compares them. */
export const osvNuget = osvFeed({
  id: 'osv-nuget',
  version: 1,
  osvName: 'NuGet',
  licence: 'CC-BY-4.0 (GHSA), Apache-2.0 (malicious-packages)',
  prefixes: ['GHSA-', 'MAL-'],
});
