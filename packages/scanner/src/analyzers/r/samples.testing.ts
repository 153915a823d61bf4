import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  DESCRIPTION: 'usr/local/lib/R/site-library/tibble/DESCRIPTION',
  'renv.lock': 'srv/shiny/renv.lock',
});
