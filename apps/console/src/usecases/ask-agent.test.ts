import { expect, it } from 'vitest';
import { pauseUntilAsked } from './ask-agent.ts';

it('an agent that may be asked soon comes within an eighth of how long its image has waited, between 5 and 30 seconds', () => {
  expect([0, 39, 40, 41, 120, 240, 604_800].map(pauseUntilAsked)).toEqual([5, 5, 5, 6, 15, 30, 30]);
});
