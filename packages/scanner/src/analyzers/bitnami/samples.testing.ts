import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  '.bitnami_components.json': 'opt/bitnami/.bitnami_components.json',
  '.spdx-postgresql.spdx': 'opt/bitnami/postgresql/.spdx-postgresql.spdx',
});
