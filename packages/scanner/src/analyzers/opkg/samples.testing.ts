import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  status: 'usr/lib/opkg/status',
  'dnsmasq-full.list': 'usr/lib/opkg/info/dnsmasq-full.list',
  'dnsmasq-full.control': 'usr/lib/opkg/info/dnsmasq-full.control',
});
