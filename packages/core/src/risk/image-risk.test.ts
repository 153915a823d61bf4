import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Criticality, imageRisk, riskInContext, totalRisk, worstPerVulnerability } from './image-risk.ts';

const times = (count: number, risk: number): number[] => Array.from({ length: count }, () => risk);

describe('the risk of an image', () => {
  it.each<[string, number[], number]>([
    ['nothing', [], 0],
    ['one', [300], 300],
    ['one severe', [950], 950],
    ['one severe and a hundred small', [950, ...times(100, 100)], 961],
    ['a hundred small', times(100, 100), 133],
    ['five hundred small', times(500, 120), 245],
    ['fifty and two hundred', [...times(50, 300), ...times(200, 150)], 434],
    ['five high', times(5, 800), 871],
    ['two middling', times(2, 600), 613],
  ])('%s', (_name, risks, expected) => {
    expect(imageRisk(risks)).toBe(expected);
    expect(imageRisk([...risks].reverse())).toBe(expected);
  });

  it('is unknown where all that it is made of is unknown, and never lower for an unknown member', () => {
    expect(imageRisk([null])).toBeNull();
    expect(imageRisk([null, 300, null])).toBe(300);
  });

  const risks = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 });

  it('lies between its worst finding and 1000, and never falls when a finding comes or worsens', () => {
    fc.assert(
      fc.property(risks, fc.integer({ min: 0, max: 1000 }), fc.nat(), (some, added, pick) => {
        const before = imageRisk(some);
        expect(before).toBeGreaterThanOrEqual(Math.max(0, ...some));
        expect(before).toBeLessThanOrEqual(1000);
        expect(imageRisk([...some, added])).toBeGreaterThanOrEqual(before);
        const worsened = some.map((risk, at) => (at === pick % some.length ? Math.max(risk, added) : risk));
        expect(imageRisk(worsened)).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts one vulnerability once, at its worst, over the packages that have it', () => {
    const findings = [
      { id: 'CVE-1', risk: 100 },
      { id: 'CVE-2', risk: 50 },
      { id: 'CVE-1', risk: 300 },
    ];
    expect(worstPerVulnerability(findings)).toEqual([300, 50]);
    expect(totalRisk(findings.map((finding) => finding.risk))).toBe(450);
  });
});

describe('risk in context', () => {
  it.each<[Criticality, number]>([
    [0.5, 368],
    [0.75, 497],
    [1, 600],
    [1.5, 747],
    [2, 840],
  ])('600 with criticality %f', (criticality, expected) => {
    expect(riskInContext(600, criticality)).toBe(expected);
  });

  it('is bounded, and rises with the risk and with the criticality', () => {
    const steps: readonly Criticality[] = [0.5, 0.75, 1, 1.5, 2];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const rising = steps.map((step) => riskInContext(high, step));
        expect(rising).toEqual([...rising].sort((x, y) => x - y));
        expect(rising.every((risk) => risk >= 0 && risk <= 1000)).toBe(true);
        for (const step of steps) expect(riskInContext(high, step)).toBeGreaterThanOrEqual(riskInContext(low, step));
        expect(riskInContext(a, 1)).toBe(a);
      }),
    );
  });
});
