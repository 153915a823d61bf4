import { randomUUID } from 'node:crypto';
import { digestOf } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { cancelAssessment } from './assessment-requests.ts';
import { beginAttempt, endAttempt, requestAssessment } from './assessments.ts';
import { databaseForEach } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { resolveImage } from './images.ts';
import { observed } from './observation.testing.ts';
import { defaultScope } from './scope.ts';
import { recordDigestsSeen, recordSighting } from './sightings.ts';
import { refreshSummaries } from './summaries.ts';
import { listUnread, requestUnread } from './unread-images.ts';

describe('images at a registry that nobody could read', () => {
  let database: Database;
  databaseForEach((opened) => {
    database = opened;
  });

  type Ended = 'none' | 'failed' | 'later' | 'running' | 'cancelled' | 'unasked';
  /** An image that a host names there, and how its assessment ended. */
  const image = (at: { readonly digest?: string; readonly name?: string }, ended: Ended, scopeId = defaultScope) =>
    database.write(async (transaction) => {
      const id = await resolveImage(transaction, observed({ configDigest: digestOf(randomUUID()) }));
      const names = at.name === undefined ? [] : [{ registry: at.name, repository: 'a', tag: '1' }];
      await recordSighting(transaction, id, { kind: 'host', scopeId, sourceId: randomUUID(), name: 'h' }, names);
      if (at.digest !== undefined) {
        const seen = {
          imageId: id,
          digest: digestOf(id),
          kind: 'manifest',
          registry: at.digest,
          repository: 'a',
        } as const;
        await recordDigestsSeen(transaction, [seen]);
      }
      if (ended !== 'unasked') {
        const assessment = await requestAssessment(transaction, id, { priority: 70 });
        const attempt = await beginAttempt(transaction, assessment);
        if (attempt === undefined) throw new Error('it has begun');
        const reason = 'nobody can';
        if (ended === 'cancelled') await cancelAssessment(transaction, id, 'ada');
        else if (ended === 'later')
          await endAttempt(transaction, attempt, { state: 'queued', reason, delaySeconds: 3_600 });
        else if (ended !== 'running') await endAttempt(transaction, attempt, { state: ended, reason });
      }
      await refreshSummaries(transaction, [id]);
      return id;
    });
  const list = (more: { readonly failed?: boolean; readonly triedBeforeMs?: number } = {}) =>
    listUnread(database, {
      scopeId: defaultScope,
      registry: 'r.example',
      triedBeforeMs: Date.now() + 60_000,
      failed: false,
      ...more,
    });
  const jobs = async () => {
    const { rows } = await database.query<{ id: string; priority: number; due: boolean }>(
      `select a.image_id as id, j.priority, j.run_at <= now() as due from graphile_worker.jobs j
       join assessment a on 'assess:' || a.id = j.key where a.state = 'queued' order by j.priority, j.id`,
    );
    return rows;
  };

  it('are those without a result that it is known to have, or that wait because somebody else could not', async () => {
    const expected = [
      await image({ digest: 'r.example' }, 'none'),
      await image({ name: 'r.example' }, 'none'),
      await image({ digest: 'r.example' }, 'later'),
      await image({ digest: 'r.example' }, 'unasked'),
    ];
    const failed = await image({ digest: 'r.example' }, 'failed');
    for (const [at, ended] of [
      [{ digest: 'r.example' }, 'cancelled'],
      [{ digest: 'r.example' }, 'running'],
      [{ digest: 'other.example', name: 'r.example.com' }, 'none'],
    ] as const)
      await image(at, ended);
    const elsewhere = randomUUID();
    await database.query(`insert into scope (id, name) values ($1, 'other')`, [elsewhere]);
    await image({ digest: 'r.example' }, 'none', elsewhere);
    expect((await list()).toSorted()).toEqual(expected.toSorted());
    expect((await list({ failed: true })).toSorted()).toEqual([...expected, failed].toSorted());
    // All but what was never tried was tried since then.
    expect(await list({ triedBeforeMs: Date.now() - 60_000 })).toEqual(expected.slice(3));
  });

  it('are asked for in the order of their urgency, what waits for its next try at once, behind other sources’ first', async () => {
    const [rest, later, runs, exposed] = [
      await image({ digest: 'r.example' }, 'none'),
      await image({ digest: 'r.example' }, 'later'),
      await image({ digest: 'r.example' }, 'none'),
      await image({ digest: 'r.example' }, 'none'),
    ];
    await database.query(`insert into host (scope_id, machine_id, name) values ($1, 'm', 'h')`, [defaultScope]);
    for (const [id, ip] of [
      [runs, '127.0.0.1'],
      [exposed, '0.0.0.0'],
    ]) {
      await database.query(
        `insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state, ports)
         select $1, id, 'docker', $2::text, 'c', $2::text::uuid, 'x', 'running', $3::jsonb from host`,
        [defaultScope, id, JSON.stringify([{ ip, host: 80, container: 80, protocol: 'tcp' }])],
      );
      await database.write((transaction) => refreshSummaries(transaction, [id ?? '']));
    }
    expect((await jobs()).map(({ id, due }) => [id, due])).toEqual([[later, false]]);
    const ids = await list();
    expect(ids.slice(0, 2).toSorted()).toEqual([runs, exposed].toSorted());
    await database.write((transaction) => requestUnread(transaction, ids, 0));
    const queued = await jobs();
    expect(queued.slice(0, 2).map(({ id }) => id)).toEqual([exposed, runs]);
    expect(queued.map(({ id }) => id).toSorted()).toEqual([rest, later, runs, exposed].toSorted());
    expect(queued.every(({ due }) => due)).toBe(true);
    const more = await image({ digest: 'r.example' }, 'none');
    await database.write((transaction) => requestUnread(transaction, [more], 1_000));
    const behind = await image({ digest: 'r.example' }, 'none');
    await database.write((transaction) => requestUnread(transaction, [behind], 0));
    const places = (await jobs()).map(({ id }) => id);
    expect(places.indexOf(behind)).toBeLessThan(places.indexOf(more));
  });

  it('are asked for once, whatever was asked for meanwhile', async () => {
    const running = await image({ digest: 'r.example' }, 'none');
    const id = await database.write((transaction) => requestAssessment(transaction, running, { priority: 0 }));
    const attempt = await beginAttempt(database, id);
    await database.write((transaction) => requestUnread(transaction, [running], 0));
    const { rows } = await database.query('select state, token from assessment where id = $1', [id]);
    expect(rows).toEqual([{ state: 'running', token: attempt?.token }]);
  });
});
