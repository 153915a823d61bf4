import type { FoundRuntime } from '@hullcheck/runtimes';
import { runtimesMax } from '../limits.ts';

/**
 * As many as a report may name, those that can be read first: on a host of many users each may have an engine, and a console that
 * refuses the whole report would know nothing of it. What is left out is said in place of the first of it.
 */
export function reportable(found: readonly FoundRuntime[]): readonly FoundRuntime[] {
  const there = found.filter(({ state }) => state !== 'absent');
  if (there.length <= runtimesMax) return there;
  const { readable = [], other = [] } = Object.groupBy(there, ({ state }) =>
    state === 'readable' ? 'readable' : 'other',
  );
  const ordered = [...readable, ...other];
  const kept = ordered.slice(0, runtimesMax - 1);
  const left = ordered.length - kept.length;
  return [
    ...kept,
    ...ordered.slice(kept.length, kept.length + 1).map(
      (first): FoundRuntime => ({
        ...first,
        state: 'unavailable',
        info: null,
        reason: `${left} engines of this host, of which this is the first, are left out: an agent reports ${runtimesMax - 1}`,
        remedy: 'run an agent as each of the users whose engines are missing',
      }),
    ),
  ];
}
