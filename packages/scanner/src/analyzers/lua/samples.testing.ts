import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

const ROCK = 'usr/local/lib/luarocks/rocks-5.1/acme-thing/1.2.0-1/';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  rock_manifest: `${ROCK}rock_manifest`,
  'acme-thing-1.2.0-1.rockspec': `${ROCK}acme-thing-1.2.0-1.rockspec`,
  'luarocks.lock': 'srv/app/luarocks.lock',
});
