import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  status: 'var/lib/dpkg/status',
  extended_states: 'var/lib/apt/extended_states',
  'bash.list': 'var/lib/dpkg/info/bash.list',
  copyright: 'usr/share/doc/zlib1g/copyright',
  'openssl.md5sums': 'var/lib/dpkg/status.d/openssl.md5sums',
});
