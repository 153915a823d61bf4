import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

/** Records as conda writes them, of packages of conda-forge and of Anaconda's main channel; lists of files shortened. */
export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'numpy.json': 'opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json',
  'python.json': 'opt/conda/conda-meta/python-3.11.8-h955ad1f_0.json',
});
