import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { createRegistryRests } from './registry-rests.ts';

it('a registry rests until its time, with what it said, and others do not', () => {
  let now = 0;
  const rests = createRegistryRests(() => now);
  const fault = new Fault('rate-limited', 'the registry limits requests');
  rests.begin('registry.example.com', fault, 60_000);
  expect(rests.find('registry.example.com')).toEqual({ fault, untilMs: 60_000 });
  expect(rests.find('other.example.com')).toBeUndefined();
  now = 60_000;
  expect(rests.find('registry.example.com')).toBeUndefined();
});

it('names that hosts invent take no memory without end, and the last ones rest', () => {
  const rests = createRegistryRests(() => 0);
  const fault = new Fault('unreachable', 'the registry could not be reached');
  for (let name = 0; name < 20_000; name += 1) rests.begin(String(name), fault, 1);
  expect(rests.find('0')).toBeUndefined();
  expect(rests.find('19999')).toBeDefined();
});
