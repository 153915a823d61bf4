import type { Session } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import { uuid } from '../estate/ids.ts';
import type { Memory } from '../memory.ts';
import { EMAIL, PASSWORD, SETUP_TOKEN } from '../scenario.ts';
import type { Handlers } from './types.ts';

export function sessionRoutes(memory: Memory): Handlers {
  return {
    'session.get': ({ signedIn }) => sessionOf(memory, signedIn),
    'session.create': ({ body }) => {
      if (body.email !== EMAIL || body.password !== PASSWORD)
        throw new Fault('unauthenticated', 'the e-mail address or the password is not right');
      return sessionOf(memory, true);
    },
    'session.delete': () => undefined,
    'setup.create': ({ body }) => {
      if (body.token !== SETUP_TOKEN) throw new Fault('unauthenticated', 'the link is no longer good');
      memory.setup = false;
      return sessionOf(memory, true);
    },
  };
}

const sessionOf = ({ scenario, setup }: Memory, signedIn: boolean): Session => ({
  user: signedIn ? { id: uuid(1), email: EMAIL, role: scenario.role ?? 'admin' } : null,
  setup,
  version: '0.1.0',
  machineIdentity: scenario.machineIdentity ?? [],
});
