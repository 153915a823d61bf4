import { arch } from 'node:os';
import type { Platform } from '@hullcheck/core';

/** Of the machine on which a runtime's socket is. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return { os: 'linux', architecture: names[arch()] ?? arch(), variant: null };
}
