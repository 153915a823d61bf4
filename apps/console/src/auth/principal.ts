import type { Policy } from '@hullcheck/contract';
import { defaultScope } from '../store/scope.ts';

export type Role = 'viewer' | 'operator' | 'admin';

/** Who asks. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly email: string;
      readonly role: Role;
      readonly session: Buffer;
    }
  | { readonly kind: 'token'; readonly id: string; readonly name: string; readonly role: Role }
  | { readonly kind: 'bootstrap'; readonly role: 'admin' }
  | { readonly kind: 'agent'; readonly id: string; readonly name: string; readonly scope: string };

const RANK: { readonly [role in Role]: number } = { viewer: 1, operator: 2, admin: 3 };

export type Decision = 'allowed' | 'unauthenticated' | 'forbidden' | 'set-up-already';

/** The whole authorisation of the API: every request passes here, once, before its handler. */
export function decide(policy: Policy, principal: Principal, hasAdministrator: boolean): Decision {
  switch (policy) {
    case 'public':
      return 'allowed';
    case 'setup':
      return hasAdministrator ? 'set-up-already' : 'allowed';
    case 'agent':
      if (principal.kind === 'agent') return 'allowed';
      return principal.kind === 'anonymous' ? 'unauthenticated' : 'forbidden';
    case 'viewer':
    case 'operator':
    case 'admin':
      if (principal.kind === 'anonymous') return 'unauthenticated';
      if (principal.kind === 'agent') return 'forbidden';
      return RANK[principal.role] >= RANK[policy] ? 'allowed' : 'forbidden';
  }
}

/** The scopes that the principal may see. Teams will make this a query; today everybody sees the one that exists. */
export function scopesOf(principal: Principal): readonly string[] {
  switch (principal.kind) {
    case 'anonymous':
      return [];
    case 'agent':
      return [principal.scope];
    default:
      return [defaultScope];
  }
}

/** How the audit log names them. */
export function actorOf(principal: Principal): string {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'user':
      return `user:${principal.email}`;
    case 'token':
      return `token:${principal.name}`;
    case 'bootstrap':
      return 'bootstrap-token';
    case 'agent':
      return `agent:${principal.name}`;
  }
}
