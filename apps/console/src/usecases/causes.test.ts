import type { DatabaseSource, Judgement } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { type ChangeContext, explainChange } from './causes.ts';

const source = (id: string): DatabaseSource => ({
  id,
  updatedAt: '2026-01-01T00:00:00Z',
  extent: 'whole',
  records: 1,
  ecosystems: ['npm'],
  licence: null,
});
const judgement = (more: Partial<Judgement> = {}): Judgement => ({
  id: 'CVE-2024-1',
  aliases: [],
  title: '',
  categories: [],
  references: [],
  severity: 'high',
  rating: 'severe',
  cvss: null,
  fixedIn: [],
  published: null,
  kev: false,
  epss: 0.011,
  exploit: 'none',
  risk: 300,
  explanation: '',
  evidence: { rule: 'r', range: '< 2', compared: '1', via: null, advisories: [{ feed: 'osv/npm', id: 'GHSA-1' }] },
  verdict: 'affected',
  unparsable: null,
  ...more,
});
const evidence = judgement().evidence;
const context = (more: Partial<ChangeContext> = {}): ChangeContext => ({
  otherRules: false,
  sourcesBefore: [source('osv/npm')],
  sourcesAfter: [source('osv/npm')],
  clearedBefore: () => undefined,
  clearedAfter: () => undefined,
  ...more,
});

describe('a finding that appears', () => {
  it.each<[string, Partial<ChangeContext>, string]>([
    ['that nobody named before', {}, 'advisory-new'],
    ['named by a feed that the database lacked', { sourcesBefore: [source('debian-tracker')] }, 'database-source'],
    ['that was fixed in this version', { clearedBefore: () => judgement({ verdict: 'fixed' }) }, 'range-changed'],
    ['denied before', { clearedBefore: () => judgement({ verdict: 'not-affected' }) }, 'status-changed'],
    ['by other rules', { otherRules: true }, 'rules-version'],
    ['where the database of before is gone', { sourcesBefore: undefined }, 'advisory-new'],
  ])('%s', (_, more, cause) => {
    expect(explainChange(null, judgement(), context(more))?.cause).toBe(cause);
  });
});

describe('a finding that vanishes', () => {
  it.each<[string, Partial<ChangeContext>, string]>([
    ['withdrawn', {}, 'advisory-withdrawn'],
    ['whose feed went', { sourcesAfter: [source('debian-tracker')] }, 'database-source'],
    ['whose range leaves the version out', { clearedAfter: () => judgement({ verdict: 'fixed' }) }, 'range-changed'],
    ['denied', { clearedAfter: () => judgement({ verdict: 'not-affected' }) }, 'status-changed'],
    ['by other rules', { otherRules: true }, 'rules-version'],
  ])('%s', (_, more, cause) => {
    expect(explainChange(judgement(), null, context(more))?.cause).toBe(cause);
  });
});

describe('a finding that changes', () => {
  it.each<[Partial<Judgement>, string | undefined]>([
    [{ kev: true, severity: 'critical' }, 'kev-listed'],
    [{ exploit: 'weaponized' }, 'exploit-changed'],
    [{ fixedIn: ['2'], severity: 'critical' }, 'fix-released'],
    [{ verdict: 'will-not-fix' }, 'status-changed'],
    [{ severity: 'critical' }, 'severity-changed'],
    [{ evidence: { ...evidence, range: '< 3' } }, 'range-changed'],
    [{ epss: 0.051 }, 'epss-crossed'],
    [{ epss: null }, 'epss-crossed'],
    [
      { evidence: { ...evidence, advisories: [...evidence.advisories, { feed: 'osv/npm', id: 'X' }] } },
      'sources-changed',
    ],
    // Drift.
    [{ epss: 0.049, risk: 340, explanation: 'more' }, undefined],
    [{ references: [{ source: 'x', url: 'https://x.example' }] }, undefined],
  ])('%j: %s', (more, cause) => {
    expect(explainChange(judgement(), judgement(more), context())?.cause).toBe(cause);
  });

  it('is told with what it was and what it is', () => {
    expect(explainChange(judgement(), judgement({ kev: true, risk: 900 }), context())?.changes).toEqual({
      kev: [false, true],
      risk: [300, 900],
    });
  });

  it('by other rules has them as its cause, and still makes no history of drift', () => {
    const rules = context({ otherRules: true });
    expect(explainChange(judgement(), judgement({ kev: true }), rules)?.cause).toBe('rules-version');
    expect(explainChange(judgement(), judgement({ title: 'x' }), rules)).toBeNull();
  });
});
