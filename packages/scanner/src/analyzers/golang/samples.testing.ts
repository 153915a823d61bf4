import { join } from 'node:path';
import { buildElf, inlineBuildInfo } from '../../formats/elf/sample-elf.testing.ts';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = [
  {
    name: 'program',
    path: 'app',
    bytes: buildElf({
      data: inlineBuildInfo('go1.21.3', 'dep\tgithub.com/a/b\tv1.0.0\th1:x\n'),
      section: '.go.buildinfo',
    }),
  },
  ...samplesIn(join(import.meta.dirname, 'testdata'), {
    'go.mod': 'src/go.mod',
    'go.sum': 'src/go.sum',
    'modules.txt': 'src/vendor/modules.txt',
  }),
];
