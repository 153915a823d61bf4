import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'mix.lock': 'srv/app/mix.lock',
  'rebar.lock': 'srv/erl/rebar.lock',
  'cowboy.app': 'app/lib/cowboy-2.12.0/ebin/cowboy.app',
});
