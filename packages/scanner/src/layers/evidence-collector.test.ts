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
    layer.record('bin/script', 0, null);
    layer.record('bin/script', 1, null);
    layer.record('bin/program', 0, null);
    layer.record('bin/program', 1, 'known');
    expect(layer.evidence()).toEqual([
      { analyzer: 'a', path: 'bin/program', data: 'known' },
      { analyzer: 'a', path: 'bin/script', data: null },
    ]);
  });

  it('is gone with a later entry at the same path or above it', () => {
    const layer = collector();
    layer.record('bin/x', 0, 'first');
    layer.replace('bin', false);
    expect(layer.evidence()).toEqual([]);
  });
});
