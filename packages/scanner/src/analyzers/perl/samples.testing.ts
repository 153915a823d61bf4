import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

const LIB = 'srv/app/local/lib/perl5/x86_64-linux-gnu-thread-multi/';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'install.json': `${LIB}.meta/Acme-Thing-1.02/install.json`,
  'MYMETA.json': `${LIB}.meta/Acme-Thing-1.02/MYMETA.json`,
  'perllocal.pod': `${LIB}perllocal.pod`,
  'cpanfile.snapshot': 'srv/app/cpanfile.snapshot',
});
