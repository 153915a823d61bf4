import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { faultOfBytes, type Refusal, waitFor } from './reading-refusals.ts';

const now = Date.parse('2026-01-01T10:00:00Z');
const limitedFor = (seconds: number): Refusal => ({
  sentence: 'hub: the registry limits requests.',
  fault: new Fault('rate-limited', 'the registry limits requests'),
  retryAtMs: now + seconds * 1_000,
});
const unreachable: Refusal = { sentence: 'r: away.', fault: new Fault('unreachable', 'away') };
const first = { attempts: 1, ageSeconds: 0 };
const delayOf = (...[refusals, attempt, phase]: [readonly Refusal[], typeof first, Parameters<typeof waitFor>[3]]) =>
  waitFor(refusals, attempt, now, phase)?.delaySeconds;

it('waits for a limit until its end, says so, and counts it as no try', () => {
  expect(waitFor([limitedFor(600)], first, now, 'before-agents')).toEqual({
    kind: 'later',
    reason: 'hub: the registry limits requests. It is tried again at 2026-01-01 10:10 UTC.',
    delaySeconds: 600,
    counts: false,
  });
  expect(delayOf([limitedFor(600)], { attempts: 3, ageSeconds: 0 }, 'before-agents')).toBe(600);
  expect(delayOf([limitedFor(600), limitedFor(60)], first, 'before-agents')).toBe(60);
});

it('lets an agent come first where a limit lasts, and goes on waiting for a week where there is none', () => {
  expect(delayOf([limitedFor(3_600)], first, 'before-agents')).toBeUndefined();
  expect(delayOf([limitedFor(600)], { attempts: 1, ageSeconds: 400 }, 'before-agents')).toBeUndefined();
  expect(delayOf([limitedFor(3_600)], first, 'after-agents')).toBe(3_600);
  expect(delayOf([limitedFor(3_600)], { attempts: 1, ageSeconds: 7 * 86_400 }, 'after-agents')).toBeUndefined();
});

it('asks less and less often a registry that always says "in a second"', () => {
  expect(delayOf([limitedFor(1)], first, 'after-agents')).toBe(10);
  expect(delayOf([limitedFor(1)], { attempts: 1, ageSeconds: 3_600 }, 'after-agents')).toBe(450);
  expect(delayOf([limitedFor(1)], { attempts: 1, ageSeconds: 86_400 }, 'after-agents')).toBe(900);
});

it('tries a connection that is away three times before an agent, and a public registry after it', () => {
  const isPublic: Refusal = { ...unreachable, isPublic: true, retryAtMs: now + 300_000 };
  expect(delayOf([unreachable], { attempts: 2, ageSeconds: 0 }, 'before-agents')).toBe(20);
  expect(delayOf([unreachable], { attempts: 3, ageSeconds: 0 }, 'before-agents')).toBeUndefined();
  expect(delayOf([isPublic], first, 'before-agents')).toBeUndefined();
  expect(delayOf([isPublic], first, 'after-agents')).toBe(300);
  expect(delayOf([isPublic], { attempts: 3, ageSeconds: 0 }, 'after-agents')).toBeUndefined();
});

it('does not wait for who refused for good, and answers with what was wrong with the bytes', () => {
  const refused: Refusal = { sentence: 'r: no.', fault: new Fault('authorization-failed', 'no') };
  const lied: Refusal = { sentence: 'e: other bytes.', fault: new Fault('digest-mismatch', 'other bytes') };
  expect(waitFor([refused, lied, { sentence: 'moved' }], first, now, 'after-agents')).toBeUndefined();
  expect(faultOfBytes([refused, lied])).toBe(lied.fault);
  expect(faultOfBytes([refused, unreachable])).toBeUndefined();
});
