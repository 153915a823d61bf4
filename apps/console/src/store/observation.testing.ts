import type { Observation } from './images.ts';

/** What the console saw of an image, of which nothing but this is known. */
export const observed = (more: Partial<Observation>): Observation => ({
  by: 'console',
  configDigest: null,
  manifestDigests: [],
  indexDigests: [],
  repositoryDigests: [],
  platform: null,
  builtAt: null,
  size: null,
  fallbackName: null,
  ...more,
});
