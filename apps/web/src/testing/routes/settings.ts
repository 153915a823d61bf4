import { makeDatabase } from '../estate/database.ts';
import { hex, uuid } from '../estate/ids.ts';
import type { Memory } from '../memory.ts';
import { EMAIL } from '../scenario.ts';
import { pageOf } from './lists.ts';
import type { Handlers } from './types.ts';

export function settingsRoutes(memory: Memory): Handlers {
  return {
    'database.get': () => makeDatabase(memory.scenario.nowMs, memory.scenario.empty === true),
    'database.refresh': () => makeDatabase(memory.scenario.nowMs, false),
    'jobs.list': ({ query }) =>
      pageOf(
        memory.images.slice(0, 8).map(({ detail }, index) => ({
          id: String(index + 1),
          kind: 'assess-image',
          what: detail.names[0] ?? 'an image',
          state:
            detail.assessment.state === 'failed'
              ? ('failed' as const)
              : detail.assessment.activity === 'idle'
                ? ('done' as const)
                : detail.assessment.activity,
          attempts: detail.assessment.state === 'failed' ? 3 : 1,
          queuedAt: memory.at(-index * 3),
          startedAt: memory.at(-index * 3),
          finishedAt: null,
          reason: detail.assessment.state === 'failed' ? detail.assessment.reason : null,
        })),
        query,
      ),
    'tokens.list': ({ query }) => pageOf(memory.tokens, query),
    'tokens.create': ({ body }) => {
      const row = {
        id: uuid(7_100 + memory.tokens.length),
        name: body.name,
        role: body.role,
        createdAt: memory.at(0),
        expiresAt: body.expiresInDays === null ? null : memory.at(body.expiresInDays * 1440),
        lastUsedAt: null,
      };
      memory.tokens = [...memory.tokens, row];
      return { ...row, token: `hct_${hex(memory.tokens.length, 43)}` };
    },
    'tokens.delete': ({ params }) => {
      memory.tokens = memory.tokens.filter(({ id }) => id !== params.id);
      return undefined;
    },
    'audit.list': ({ query }) =>
      pageOf(
        [
          {
            at: memory.at(-2),
            actor: EMAIL,
            action: 'session.create',
            target: null,
            outcome: 'ok',
            address: '10.20.0.14',
          },
          {
            at: memory.at(-31),
            actor: 'GitHub Actions of shop',
            action: 'uploads.create',
            target: 'checkout-1.4.2.tar',
            outcome: 'ok',
            address: '140.82.112.3',
          },
          {
            at: memory.at(-340),
            actor: 'mallory@corp.example',
            action: 'session.create',
            target: null,
            outcome: 'refused',
            address: '10.20.3.99',
          },
        ],
        query,
      ),
  };
}
