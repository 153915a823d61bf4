import { osvFeed } from '../osv-feed.ts';

/** Julia's advisories on packages of the General registry. https://github.com/JuliaLang/SecurityAdvisories.jl */
export const osvJulia = osvFeed({
  id: 'osv-julia',
  version: 1,
  osvName: 'Julia',
  licence: 'The source states none; facts only',
  redistributable: false,
  prefixes: ['JLSEC-', 'MAL-'],
});
