import { createHash } from 'node:crypto';
import type { Digest } from '@hullcheck/core';

export const digestOf = (content: string | Uint8Array): Digest =>
  `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest;
