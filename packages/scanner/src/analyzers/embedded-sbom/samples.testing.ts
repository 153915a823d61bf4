import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'app.cdx.json': 'srv/shop/app.cdx.json',
  'zlib-1.3.1-r4.spdx.json': 'var/lib/db/sbom/zlib-1.3.1-r4.spdx.json',
});
