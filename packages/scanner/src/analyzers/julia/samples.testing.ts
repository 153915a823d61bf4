import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'v1.toml': 'srv/old/Manifest.toml',
  'v2.toml': 'root/.julia/environments/v1.10/Manifest.toml',
});
