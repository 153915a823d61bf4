import { describe, expect, it } from 'vitest';
import { compileClaims } from './claims.ts';
import { EvidenceCollector } from './evidence-collector.ts';

const analyzers = ['b', 'a'].map((id) => ({
  id,
  version: 1,
  support: { title: id, kind: 'binary', purlTypes: [], reads: [] } as const,
  claims: { names: ['x'] },
  analyze: () => ({ evidence: null, problems: [] }),
  parseEvidence: () => undefined,
  resolve: () => ({ packages: [], problems: [] }),
}));
const collector = (): EvidenceCollector => new EvidenceCollector(analyzers, compileClaims(analyzers));

describe('the evidence of a layer', () => {
  it('says once that nothing is known of a claimed path, and keeps the path', () => {
    const layer = collector();
    layer.record('bin/script', [0, 1]);
    layer.record('bin/program', [0, 1], new Map([[1, 'known']]));
    expect(layer.evidence()).toEqual([
      { analyzer: 'a', path: 'bin/program', data: 'known' },
      { analyzer: 'a', path: 'bin/script', data: null },
    ]);
  });

  it('tells what was looked for in vain from what nobody looked for', () => {
    const layer = collector();
    layer.record('bin/script', [0, 1]);
    layer.record('bin/program', [0, 1], new Map([[1, 'known']]));
    expect([...(layer.evidenceAt('bin/script') ?? [])]).toEqual([
      [0, null],
      [1, null],
    ]);
    expect([...(layer.evidenceAt('bin/program') ?? [])]).toEqual([
      [0, null],
      [1, 'known'],
    ]);
    expect(layer.evidenceAt('bin/other')).toBeUndefined();
  });

  it('is gone with a later entry at the same path or above it', () => {
    const layer = collector();
    layer.record('bin/x', [0], new Map([[0, 'first']]));
    layer.record('bin/y', [0]);
    layer.record('sbin/y', [0]);
    layer.replace('bin', false);
    layer.replace('sbin/y', true);
    expect(layer.evidence()).toEqual([]);
  });
});
