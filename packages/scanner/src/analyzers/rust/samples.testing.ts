import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';
import { auditedProgram, auditedWasm, SAMPLE_AUDIT } from './sample-audit.testing.ts';

export const samples: readonly AnalyzerSample[] = [
  { name: 'program', path: 'usr/bin/main', bytes: auditedProgram(SAMPLE_AUDIT) },
  { name: 'module', path: 'srv/main.wasm', bytes: auditedWasm(SAMPLE_AUDIT) },
  ...samplesIn(join(import.meta.dirname, 'testdata'), { 'v1.lock': 'src/Cargo.lock', 'v4.lock': 'src/Cargo.lock' }),
];
