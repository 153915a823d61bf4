import { createHash } from 'node:crypto';
import { Fault, MATCHERS, OPEN_RISK_1 } from '@hullcheck/core';
import type { Queryable } from '../store/database.ts';
import { findActiveRevision } from '../store/feeds.ts';

/**
 * One text for everything but the database that a verdict depends on. The product's version stands in it because version
 * order, grouping and words have no versions of their own: an estate is judged again once a release, which takes minutes,
 * while a change that nobody counted would leave old verdicts for ever.
 */
export function judgingRules(version: string): string {
  const matchers = MATCHERS.map((matcher) => [matcher.id, matcher.version]);
  return createHash('sha256')
    .update(JSON.stringify([version, OPEN_RISK_1.id, matchers]))
    .digest('hex');
}

/** False while a console of another version judges: what both did would be undone by the other in turn. */
export async function hasOwnRules(database: Queryable, version: string): Promise<boolean> {
  const active = await findActiveRevision(database);
  return active === undefined || active.rules === null || active.rules === judgingRules(version);
}

/**
 * Refuses the work of a console whose version is not the one that judges now: while an upgrade is under way the older
 * one's verdicts would replace the newer one's. `unavailable` gives the job back to the queue, for a newer console.
 */
export async function requireOwnRules(database: Queryable, version: string): Promise<void> {
  if (await hasOwnRules(database, version)) return;
  throw new Fault('unavailable', 'a console of another version judges now', {
    hint: 'Upgrade this one, or start it again so that its version judges.',
  });
}
