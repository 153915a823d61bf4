import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'aeson.conf': 'root/.cabal/store/ghc-9.4.7/package.conf.d/aeson-2.1.2.1-0f1e2d3c.conf',
  'stack.yaml.lock': 'srv/app/stack.yaml.lock',
  'cabal.project.freeze': 'srv/app/cabal.project.freeze',
});
