import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'node_version.h': 'usr/local/include/node/node_version.h',
});
