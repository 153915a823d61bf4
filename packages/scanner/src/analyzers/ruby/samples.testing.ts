import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'nokogiri-1.13.10.gemspec': 'usr/local/bundle/specifications/nokogiri-1.13.10.gemspec',
  'activesupport-3.0.0.gemspec': 'usr/local/bundle/specifications/activesupport-3.0.0.gemspec',
  'ffi-1.16.3-x86_64-linux.gemspec': 'usr/local/bundle/specifications/ffi-1.16.3-x86_64-linux.gemspec',
  'rbs.Gemfile.lock': 'srv/rbs/Gemfile.lock',
  'platforms.Gemfile.lock': 'srv/app/Gemfile.lock',
});
