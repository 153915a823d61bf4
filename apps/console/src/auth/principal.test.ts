import { routes } from '@hullcheck/contract';
import { expect, it } from 'vitest';
import { type Decision, decide, type Principal } from './principal.ts';

const user = (role: 'viewer' | 'operator' | 'admin'): Principal => ({
  kind: 'user',
  id: '1',
  email: 'a@b',
  role,
  session: Buffer.alloc(32),
});
const agent: Principal = { kind: 'agent', id: '1', name: 'a', scope: 's' };
const anonymous: Principal = { kind: 'anonymous' };

const table: readonly [policy: Parameters<typeof decide>[0], Principal, Decision][] = [
  ['public', anonymous, 'allowed'],
  ['viewer', anonymous, 'unauthenticated'],
  ['viewer', user('viewer'), 'allowed'],
  ['operator', user('viewer'), 'forbidden'],
  ['operator', user('operator'), 'allowed'],
  ['admin', user('operator'), 'forbidden'],
  ['admin', user('admin'), 'allowed'],
  ['viewer', agent, 'forbidden'],
  ['admin', agent, 'forbidden'],
  ['agent', agent, 'allowed'],
  ['agent', user('admin'), 'forbidden'],
  ['agent', anonymous, 'unauthenticated'],
];

it.each(table)('%s for %o is %s', (policy, principal, decision) => {
  expect(decide(policy, principal, true)).toBe(decision);
});

it('closes the setup once there is an administrator', () => {
  expect(decide('setup', anonymous, false)).toBe('allowed');
  expect(decide('setup', user('admin'), true)).toBe('set-up-already');
});

it('leaves open only what must be', () => {
  expect(
    routes
      .filter(({ policy }) => policy === 'public' || policy === 'setup')
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['agent.enroll', 'session.create', 'session.get', 'setup.create']);
});
