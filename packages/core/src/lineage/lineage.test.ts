import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviseContainer, newerTag, rebuildOn } from './index.ts';

describe('newerTag', () => {
  it.each([
    ['12.1', ['12.2', '12.10', '12.9', '13.0'], '12.10'],
    ['3.12.1-slim', ['3.12.9', '3.12.4-slim', '3.13.0-slim', '3.12.3-slim'], '3.13.0-slim'],
    ['v1.4.2', ['1.4.3', 'v1.4.1', 'v1.5.0'], 'v1.5.0'],
    [
      'bookworm-20240110-slim',
      ['bookworm-20240612', 'bookworm-20240612-slim', 'trixie-20250101-slim'],
      'bookworm-20240612-slim',
    ],
    ['12', ['13', '14'], undefined],
    ['latest', ['1.0', 'stable'], undefined],
    ['1.2', ['1.10.1', '1.2', '2.9'], undefined],
    ['1.2.3-rc.1', ['1.2.4'], undefined],
  ])('of %s among %j is %s', (tag, candidates, newer) => {
    expect(newerTag(tag, candidates)).toBe(newer);
  });
  it('does not depend on the order, and has no successor among the same candidates', () => {
    const part = fc.integer({ min: 0, max: 12 });
    const tag = fc.tuple(fc.integer({ min: 1, max: 2 }), part, part).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(tag, fc.array(tag), (own, others) => {
        const newer = newerTag(own, others);
        expect(newerTag(own, others.toReversed())).toBe(newer);
        if (newer !== undefined) expect(newerTag(newer, [own, ...others])).toBeUndefined();
      }),
    );
  });
});

describe('adviseContainer', () => {
  const none = { inherited: 0, system: 0, application: 0 };
  it.each([
    ['moved', 3, none, false, 'redeploy'],
    ['moved', null, none, false, 'redeploy'],
    ['current', null, none, true, null],
    ['current', 3, { ...none, inherited: 1 }, false, 'rebuild'],
    ['unknown', 3, { ...none, system: 1, application: 1 }, false, 'rebuild'],
    ['current', 3, { ...none, application: 1 }, true, 'rebuild'],
    ['current', 3, { ...none, application: 1 }, false, 'change-code'],
    ['current', 3, none, false, 'wait'],
    ['current', 0, none, true, 'none'],
  ] as const)('tag %s, %s findings, %j, base update %s: %s', (tag, findings, fixable, update, advice) => {
    expect(adviseContainer(tag, findings, fixable, update)).toBe(advice);
  });
});

describe('rebuildOn', () => {
  it('keeps a flaw that the image’s own layers have as well, and counts what the new base brings', () => {
    const outcome = rebuildOn(
      new Map([
        ['a', 900],
        ['b', 300],
        ['c', 100],
      ]),
      new Map([
        ['b', 200],
        ['d', 50],
      ]),
      new Map([
        ['c', 100],
        ['e', 10],
      ]),
    );
    expect(outcome).toMatchObject({ cleared: ['a'], added: ['e'], totalBefore: 1350, totalAfter: 360 });
    expect(outcome.riskBefore).toBeGreaterThanOrEqual(900);
    expect(outcome.riskAfter).toBeLessThan(400);
  });
  it('on the base that it has changes nothing', () => {
    const flaws = fc
      .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 1000 }))
      .map((all) => new Map(Object.entries(all)));
    fc.assert(
      fc.property(flaws, flaws, (base, own) => {
        const outcome = rebuildOn(base, own, base);
        expect([outcome.cleared, outcome.added]).toEqual([[], []]);
        expect(outcome.riskAfter).toBe(outcome.riskBefore);
      }),
    );
  });
});
