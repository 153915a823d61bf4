import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'v0.lock': 'srv/oldest/conan.lock',
  'v4.lock': 'srv/old/conan.lock',
  'v5.lock': 'srv/new/conan.lock',
  'conaninfo.txt':
    'root/.conan/data/mfast/1.2.2/team/stable/package/9d1f076b471417647c2022a78d5e2c1f834289ac/conaninfo.txt',
  'conanfile.txt': 'srv/app/conanfile.txt',
});
