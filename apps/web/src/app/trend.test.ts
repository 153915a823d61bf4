import { expect, it } from 'vitest';
import { bandPaths } from './trend.tsx';

const point = (date: string, critical: number, severe: number, moderate: number) => ({
  date,
  images: 1,
  risk: null,
  riskTotal: 0,
  total: critical + severe + moderate,
  critical,
  severe,
  moderate,
});

it('stacks the worst at the bottom, in steps at the days of change', () => {
  const [critical, severe, moderate] = bandPaths([point('2026-01-01', 2, 1, 1), point('2026-01-03', 0, 1, 1)]);
  // Three days wide: the first step holds two of them, the last one its own.
  expect(critical?.path).toBe('M0 48L400 48L400 96L600 96L600 96L400 96L400 96L0 96Z');
  expect(severe?.path).toBe('M0 24L400 24L400 72L600 72L600 96L400 96L400 48L0 48Z');
  expect(moderate?.path).toBe('M0 0L400 0L400 48L600 48L600 72L400 72L400 24L0 24Z');
});

it('draws nothing above the floor where nothing was found', () => {
  for (const { path } of bandPaths([point('2026-01-01', 0, 0, 0), point('2026-01-02', 0, 0, 0)]))
    expect(path).toBe('M0 96L300 96L300 96L600 96L600 96L300 96L300 96L0 96Z');
});
