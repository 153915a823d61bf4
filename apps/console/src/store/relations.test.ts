import { describe, expect, it } from 'vitest';
import { fromPositions, toPositions } from './relations.ts';

const packages = [{ purl: 'pkg:a/a' }, { purl: 'pkg:a/b' }, { purl: 'pkg:a/a' }, { purl: 'pkg:a/c' }];

describe('relations as positions', () => {
  it('come back as they were', () => {
    const relations = [
      { from: 'pkg:a/a', to: 'pkg:a/b' },
      { from: 'pkg:a/c', to: 'pkg:a/a' },
    ];
    expect(toPositions(relations, packages)).toEqual([
      [0, 1],
      [3, 0],
    ]);
    expect(fromPositions(toPositions(relations, packages), packages)).toEqual(relations);
  });

  it('leave out what the list does not have', () => {
    expect(toPositions([{ from: 'pkg:a/a', to: 'pkg:a/gone' }], packages)).toEqual([]);
    expect(fromPositions([[0, 9]], packages)).toEqual([]);
  });
});
