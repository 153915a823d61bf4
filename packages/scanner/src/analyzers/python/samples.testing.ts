import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  METADATA: 'site-packages/x.dist-info/METADATA',
  'PKG-INFO': 'site-packages/x.egg-info/PKG-INFO',
});
