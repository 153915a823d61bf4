import { join } from 'node:path';
import type { Analyzer } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { analyzers } from './catalogue.ts';
import { type AnalyzerSample, claimsAll, memoryFile, viewOf } from './samples.testing.ts';

type Sample = AnalyzerSample & { readonly analyzer: Analyzer };

async function loadSamples(analyzer: Analyzer): Promise<readonly Sample[]> {
  const module: { readonly samples: readonly AnalyzerSample[] } = await import(
    join(import.meta.dirname, analyzer.id, 'samples.testing.ts')
  );
  return module.samples.map((sample) => ({ ...sample, analyzer }));
}

const samples = (await Promise.all(analyzers.map(loadSamples))).flat();

/** Large samples are cut and changed at this many places, evenly spread; smaller ones at every byte. */
const PLACES_MAX = 1500;
/** What one hostile file may take; a sample of a few kilobytes takes well under a millisecond. */
const FILE_MS_MAX = 2000;

function places(length: number): readonly number[] {
  const step = Math.max(1, length / PLACES_MAX);
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => Math.floor(index * step));
}

/** Deterministic noise, so that a failure can be repeated. */
function noise(seed: number): number {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 8) & 0xff;
}

function check({ analyzer, path }: Sample, bytes: Uint8Array): void {
  const started = performance.now();
  const { evidence, problems } = analyzer.analyze(memoryFile(path, bytes, 0o755), claimsAll);
  expect(performance.now() - started).toBeLessThan(FILE_MS_MAX);
  for (const problem of problems) if (!problem.path?.startsWith(path)) expect(problem.path).toBe(path);
  if (evidence === null) return;
  // What an analyzer makes must pass its own border check, or it is lost on the way to the composer.
  const sent: unknown = JSON.parse(JSON.stringify(evidence));
  expect(analyzer.parseEvidence(sent)).toEqual(evidence);
  expect(JSON.stringify(sent)).not.toMatch(/\\u0000|\\ud[89a-f]/);
  analyzer.resolve(viewOf({ [path]: [evidence] }));
}

describe.each(samples.map((sample) => [`${sample.analyzer.id}/${sample.name}`, sample] as const))('%s', (_, sample) => {
  it('is understood whole', () => {
    const { evidence } = sample.analyzer.analyze(memoryFile(sample.path, sample.bytes, 0o755), claimsAll);
    expect(evidence).not.toBeNull();
    check(sample, sample.bytes);
  });

  it('cut at any byte gives evidence or a problem', () => {
    for (const length of places(sample.bytes.byteLength)) check(sample, sample.bytes.subarray(0, length));
  });

  it('with any one byte changed gives evidence or a problem', () => {
    for (const at of places(sample.bytes.byteLength)) {
      for (const value of [0, 0x0a, 0xff, noise(at)]) {
        const mutated = Uint8Array.from(sample.bytes);
        mutated[at] = value;
        check(sample, mutated);
      }
    }
  });
});

describe('evidence that is not of an analyzer', () => {
  const values = [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { kind: 'status' },
    { packages: [{}] },
    { kind: 'package', name: '', version: '' },
  ];
  it.each(analyzers.map((analyzer) => [analyzer.id, analyzer] as const))('is refused by %s', (_, analyzer) => {
    for (const value of values) expect(analyzer.parseEvidence(value)).toBeUndefined();
  });
});
