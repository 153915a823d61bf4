import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  status: 'opt/vcpkg/installed/vcpkg/status',
  update: 'opt/vcpkg/installed/vcpkg/updates/0000000001',
  'vcpkg.spdx.json': 'opt/vcpkg/installed/x64-linux/share/curl/vcpkg.spdx.json',
});
