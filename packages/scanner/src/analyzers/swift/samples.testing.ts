import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'v1.resolved': 'srv/old/Package.resolved',
  'v3.resolved': 'srv/app/Package.resolved',
  'Podfile.lock': 'srv/ios/Podfile.lock',
});
