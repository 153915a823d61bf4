import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { statusOfFault } from './faults.ts';
import { toProblem } from './problem.ts';

it('has a status for every fault code of core, and no other', () => {
  const source = readFileSync(join(import.meta.dirname, '../../../../packages/core/src/fault.ts'), 'utf8');
  const codes = [...source.slice(0, source.indexOf('export interface')).matchAll(/\| '([a-z-]+)'/g)].map(
    (match) => match[1],
  );
  expect(codes.length).toBeGreaterThan(20);
  expect(Object.keys(statusOfFault).sort()).toEqual([...codes].sort((a = '', b = '') => (a < b ? -1 : 1)));
  for (const status of Object.values(statusOfFault)) expect(status).toBeGreaterThanOrEqual(400);
});

it('tells nothing of what broke inside', () => {
  const answer = toProblem(new Error('select secret from vault'), 'id-1', 0);
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer)).not.toContain('vault');
  expect(answer.document.requestId).toBe('id-1');
});

it('says when to try again', () => {
  expect(toProblem(new Fault('unavailable', 'away'), 'x', 0).headers['retry-after']).toBe('5');
  expect(toProblem(new Fault('rate-limited', 'slow', { retryAtMs: 12_500 }), 'x', 10_000).headers['retry-after']).toBe(
    '3',
  );
});

it('names the field that is wrong', () => {
  const parsed = z.object({ items: z.array(z.object({ n: z.number() })) }).safeParse({ items: [{ n: 'x' }] });
  const answer = toProblem(parsed.error, 'x', 0);
  expect(answer.status).toBe(400);
  expect(answer.document.place).toBe('body: items.0.n');
});
