import type { EngineEvent } from '../engine.ts';
import type { StreamEvents } from './calls.ts';

/** containerd's topics in the words of Docker's events. Those of `exec`, which probes make by the hundred, are none. */
const TOPICS: Readonly<Record<string, readonly [EngineEvent['kind'], string]>> = {
  '/images/create': ['image', 'pull'],
  '/images/update': ['image', 'tag'],
  '/images/delete': ['image', 'delete'],
  '/containers/create': ['container', 'create'],
  '/containers/update': ['container', 'update'],
  '/containers/delete': ['container', 'destroy'],
  '/tasks/start': ['container', 'start'],
  '/tasks/exit': ['container', 'die'],
  '/tasks/paused': ['container', 'pause'],
  '/tasks/resumed': ['container', 'unpause'],
};

/** Undefined for topics that change no inventory, and for the end of a process that is not the container's own. */
export function toEvent(envelope: ReturnType<typeof StreamEvents.shape.decode>): EngineEvent | undefined {
  const known = TOPICS[envelope.topic];
  const { containerId, processId } = envelope.event?.value ?? { containerId: '', processId: '' };
  if (known === undefined || (envelope.topic === '/tasks/exit' && processId !== containerId)) return undefined;
  const [kind, action] = known;
  return { kind, action, id: containerId, timeSeconds: Date.parse(envelope.timestamp ?? '') / 1000 || 0 };
}
