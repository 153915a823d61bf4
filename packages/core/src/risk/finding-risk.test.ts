import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExploitState } from '../advisory.ts';
import { findingRisk, type RiskInputs } from './finding-risk.ts';
import { OPEN_RISK_1 } from './model.ts';

const nothing: RiskInputs = { score: 0, scoreName: 'CVSS', epss: null, lev: null, kev: null, exploit: 'none' };

describe('Open Risk v1', () => {
  it.each<[string, Partial<RiskInputs>, number]>([
    ['CVSS 10.0, KEV, ransomware', { score: 10, kev: { ransomware: true } }, 982],
    ['9.8, EPSS .001', { score: 9.8, epss: 0.001 }, 313],
    ['9.8, EPSS missing', { score: 9.8 }, 359],
    ['9.8, EPSS .05, PoC', { score: 9.8, epss: 0.05, exploit: 'poc' }, 506],
    ['9.8, EPSS .05, Metasploit module', { score: 9.8, epss: 0.05, exploit: 'weaponized' }, 663],
    ['7.5, EPSS .0004', { score: 7.5, epss: 0.0004 }, 204],
    ['7.5, EPSS .02, KEV', { score: 7.5, epss: 0.02, kev: { ransomware: false } }, 602],
    ['5.3, EPSS .0005', { score: 5.3, epss: 0.0005 }, 122],
    ['5.3, EPSS .3, KEV', { score: 5.3, epss: 0.3, kev: { ransomware: false } }, 357],
    ['3.1, EPSS .0003', { score: 3.1, epss: 0.0003 }, 54],
    ['vendor "low", EPSS .0005', { score: OPEN_RISK_1.labelScores.low, epss: 0.0005 }, 39],
    ['nothing known', { score: OPEN_RISK_1.labelScores.unknown }, 131],
  ])('%s', (_name, inputs, risk) => {
    expect(findingRisk({ ...nothing, ...inputs }).risk).toBe(risk);
  });

  it.each<[Partial<RiskInputs>, string]>([
    [
      { score: 9.8, epss: 0.5, kev: { ransomware: false } },
      '9.8 CVSS (impact 0.97) × likelihood 0.93 because CISA KEV lists it',
    ],
    [
      { score: 9.8, epss: 0.5, kev: { ransomware: true } },
      '9.8 CVSS (impact 0.97) × likelihood 0.98 because CISA KEV lists it as used by ransomware',
    ],
    [
      { score: 7.5, epss: 0.0004 },
      '7.5 CVSS (impact 0.65) × likelihood 0.31 because EPSS gives less than 0.1 % for exploitation within 30 days',
    ],
    [
      { score: 7.5, epss: 0.3, exploit: 'weaponized' },
      '7.5 CVSS (impact 0.65) × likelihood 0.68 because a ready-made exploit exists',
    ],
    [
      { score: 7.5, epss: 0.4, exploit: 'weaponized' },
      '7.5 CVSS (impact 0.65) × likelihood 0.74 because EPSS gives 40 % for exploitation within 30 days',
    ],
    [
      { score: 2.5, scoreName: 'for "low" by Debian' },
      '2.5 for "low" by Debian (impact 0.13) × likelihood 0.37 because nothing is known of its exploitation yet',
    ],
  ])('explains %o', (inputs, sentence) => {
    expect(findingRisk({ ...nothing, ...inputs }).explanation).toBe(sentence);
  });

  it('gives every step, so that the figure can be computed again by hand', () => {
    const { parts } = findingRisk({ ...nothing, score: 9.8, epss: 0.05, exploit: 'poc' });
    expect(parts).toMatchObject({ model: 'open-1', score: 9.8, floor: 0.1, threat: 0.1, threatReason: 'poc' });
    expect(1000 * parts.impact * parts.likelihood).toBeCloseTo(506, 0);
  });

  const states: readonly ExploitState[] = ['none', 'poc', 'weaponized', 'attacked'];
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  const known = fc.record({
    score: fc.double({ min: 0, max: 10, noNaN: true }),
    scoreName: fc.constant('CVSS'),
    epss: probability,
    lev: fc.option(probability),
    kev: fc.option(fc.record({ ransomware: fc.boolean() })),
    exploit: fc.constantFrom(...states),
  });

  it('never falls when an input rises', () => {
    fc.assert(
      fc.property(known, known, (a, b) => {
        const kev = [a.kev, b.kev].some((one) => one !== null)
          ? { ransomware: a.kev?.ransomware === true || b.kev?.ransomware === true }
          : null;
        const both: RiskInputs = {
          score: Math.max(a.score, b.score),
          scoreName: 'CVSS',
          epss: Math.max(a.epss, b.epss),
          lev: a.lev === null && b.lev === null ? null : Math.max(a.lev ?? 0, b.lev ?? 0),
          kev,
          exploit: states[Math.max(states.indexOf(a.exploit), states.indexOf(b.exploit))] ?? 'none',
        };
        expect(findingRisk(both).risk).toBeGreaterThanOrEqual(Math.max(findingRisk(a).risk, findingRisk(b).risk));
      }),
      { numRuns: 2000 },
    );
  });

  it('stays a whole number from 0 to 1000 whatever a feed says', () => {
    const wild = fc.oneof(fc.double(), fc.constant(Number.NaN), fc.constant(Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(wild, wild, wild, fc.constantFrom(...states), (score, epss, lev, exploit) => {
        const { risk } = findingRisk({ ...nothing, score, epss, lev, exploit });
        expect(Number.isInteger(risk) && risk >= 0 && risk <= 1000).toBe(true);
      }),
    );
  });
});
