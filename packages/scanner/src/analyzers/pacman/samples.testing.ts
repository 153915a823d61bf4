import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  desc: 'var/lib/pacman/local/bash-5.2.037-1/desc',
  files: 'var/lib/pacman/local/bash-5.2.037-1/files',
});
