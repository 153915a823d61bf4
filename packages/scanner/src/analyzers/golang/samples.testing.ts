import { buildElf, inlineBuildInfo } from '../../formats/elf/sample-elf.testing.ts';
import type { AnalyzerSample } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = [
  {
    name: 'program',
    path: 'app',
    bytes: buildElf({
      data: inlineBuildInfo('go1.21.3', 'dep\tgithub.com/a/b\tv1.0.0\th1:x\n'),
      section: '.go.buildinfo',
    }),
  },
];
