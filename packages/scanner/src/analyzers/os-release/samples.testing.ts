import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'alpine-3.20': 'etc/os-release',
  'alpine-edge': 'etc/os-release',
  'debian-12': 'etc/os-release',
  hostile: 'etc/os-release',
  'rocky-9': 'etc/os-release',
});
