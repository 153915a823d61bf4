import type { RouteId, Session } from '@hullcheck/contract';

export interface Scenario {
  readonly images: number;
  readonly nowMs: number;
  readonly setup?: boolean;
  readonly role?: 'viewer' | 'operator' | 'admin';
  /** Nothing but the person: no hosts, connections, feeds yet. */
  readonly empty?: boolean;
  /** Two agents read the same differently. */
  readonly alarmed?: boolean;
  /** Clouds whose identity of the machine the operator allows. */
  readonly machineIdentity?: Session['machineIdentity'];
  /** Beside the hosts that each estate has. */
  readonly moreHosts?: number;
  readonly delayMs?: number;
  readonly failing?: readonly RouteId[];
}

export const PASSWORD = 'correct horse battery';
export const EMAIL = 'ada@corp.example';
export const SETUP_TOKEN = 'one-time-token-of-the-fixture';
