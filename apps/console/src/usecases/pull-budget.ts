import { Fault } from '@hullcheck/core';
import type { RegistryClient } from '@hullcheck/registry';
import { syncLimits } from './limits.ts';

/** The last tenth of a limit of pulls is left to people and clusters that pull from the same address. */
export function spentBudget(client: Pick<RegistryClient, 'rateLimit'>): Fault | undefined {
  const limit = client.rateLimit();
  if (limit === undefined || limit.limit === null || limit.remaining >= limit.limit * syncLimits.pullsLeftMin)
    return undefined;
  const windowMs = (limit.windowSeconds ?? 3_600) * 1_000;
  return new Fault('rate-limited', `${limit.remaining} of ${limit.limit} pulls are left at the registry`, {
    hint: 'They are left for others; a signed-in user has a higher limit.',
    retryAtMs: limit.observedAtMs + Math.min(windowMs, syncLimits.limitedMs),
  });
}
