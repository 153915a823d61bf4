import { osvFeed } from '../osv-feed.ts';

/** The R Consortium's advisories on packages of CRAN. https://github.com/RConsortium/r-advisory-database */
export const osvCran = osvFeed({
  id: 'osv-cran',
  version: 1,
  osvName: 'CRAN',
  licence: 'Apache-2.0',
  prefixes: ['RSEC-'],
});
