import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

const FOLDER = 'var/db/pkg/dev-libs/openssl-3.3.2-r1';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  CONTENTS: `${FOLDER}/CONTENTS`,
  LICENSE: `${FOLDER}/LICENSE`,
  RDEPEND: `${FOLDER}/RDEPEND`,
  world: 'var/lib/portage/world',
});
