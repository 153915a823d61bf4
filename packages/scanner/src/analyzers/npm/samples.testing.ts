import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'bun.lock': 'app/bun.lock',
  'deno.lock': 'app/deno.lock',
  'package-lock-v1.json': 'app/package-lock.json',
  'package-lock-v3.json': 'app/package-lock.json',
  'package.json': 'app/node_modules/@scope/name/package.json',
  'pnpm-v5.yaml': 'app/pnpm-lock.yaml',
  'pnpm-v6.yaml': 'app/pnpm-lock.yaml',
  'pnpm-v9.yaml': 'app/pnpm-lock.yaml',
  'yarn-berry.lock': 'app/yarn.lock',
  'yarn-classic.lock': 'app/yarn.lock',
});
