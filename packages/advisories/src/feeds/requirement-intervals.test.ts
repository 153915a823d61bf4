import { compareVersions, inRange, type SchemeId, satisfies } from '@hullcheck/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { affectedOutside } from './requirement-intervals.ts';

describe('what is affected where only the rest is listed', () => {
  it.each<[SchemeId, string[], unknown, string | null]>([
    [
      'gem',
      ['~> 6.1.7.9', '>= 7.2.1.1'],
      [
        [null, '6.1.7.9', null],
        ['6.1.8.a', '7.2.1.1', null],
      ],
      null,
    ],
    [
      'gem',
      ['< 3.1.0', '~> 7.0.8, >= 7.0.8.5', '>= 7.1'],
      [
        ['3.1.0', '7.0.8.5', null],
        ['7.1.a', '7.1', null],
      ],
      null,
    ],
    ['gem', ['= 2.0.1', '> 2.1'], [[null, '2.0.1', null]], '> 2.0.1, <= 2.1'],
    ['gem', [], [], null],
    [
      'cargo',
      ['^1.2.3', '>= 2.0.1'],
      [
        [null, '1.2.3', null],
        ['2.0.0-0', '2.0.1', null],
      ],
      null,
    ],
    [
      'cargo',
      ['>= 0.7.3, < 0.8', '^0.8.1'],
      [
        [null, '0.7.3', null],
        ['0.8.0', '0.8.1', null],
        ['0.9.0-0', null, null],
      ],
      null,
    ],
    ['cargo', ['> 1.2', '<= 1.0'], [['1.1.0-0', '1.3.0-0', null]], null],
    ['cargo', ['< 1.2.0'], [['1.2.0', null, null]], null],
    ['cargo', ['<= 1.2.0'], [['1.2.1-0', null, null]], null],
    ['cargo', ['<= 1.2.0-rc.1', '>= 1.3.0'], [['1.2.0-rc.1.0', '1.3.0', null]], null],
  ])('%s %j', (scheme, requirements, ranges, expression) => {
    const found = affectedOutside(scheme, requirements);
    expect(found?.ranges.map(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected])).toEqual(
      ranges,
    );
    expect(found).toMatchObject({ expression, status: 'affected' });
  });

  it('is nothing where everything is listed', () => {
    expect(affectedOutside('gem', ['< 2', '>= 2'])).toEqual({ ranges: [], expression: null, status: 'not-affected' });
  });

  it.each([
    ['gem', '!= 2'],
    ['gem', '>= '],
    ['gem', '~> x'],
    ['cargo', '1.x.2'],
    ['cargo', 'newest'],
    ['deb', '>= 1'],
  ] as const)('is not known for %s %s', (scheme, requirement) => {
    expect(affectedOutside(scheme, ['>= 9', requirement])).toBeUndefined();
  });

  test.each(['gem', 'cargo'] as const)('agrees with the requirements of %s themselves on releases', (scheme) => {
    const part = fc.integer({ min: 0, max: 4 });
    const version = fc.tuple(part, part, part).map((numbers) => numbers.join('.'));
    const operators = scheme === 'gem' ? ['=', '>=', '>', '<', '<=', '~>'] : ['=', '>=', '>', '<', '<=', '~', '^', ''];
    const clause = fc.tuple(fc.constantFrom(...operators), version).map((pair) => pair.join(' '));
    const requirement = fc.array(clause, { minLength: 1, maxLength: 2 }).map((clauses) => clauses.join(', '));
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), version, (requirements, candidate) => {
        const found = affectedOutside(scheme, requirements);
        if (found === undefined) throw new Error('not understood');
        const { ranges, expression, status } = found;
        const isAll = ranges.length === 0 && expression === null;
        const inside =
          status === 'affected' &&
          (isAll ||
            ranges.some((range) => inRange(scheme, candidate, range)) ||
            (expression !== null && satisfies(scheme, candidate, expression) === true));
        const listed = requirements.some((one) => satisfies(scheme, candidate, one.trim()) === true);
        expect(inside).toBe(!listed);
        for (const { fixed } of ranges) if (fixed !== null) expect(compareVersions(scheme, fixed, fixed)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
