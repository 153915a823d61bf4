import { createHash, randomUUID } from 'node:crypto';
import type { AgentReport } from '@hullcheck/contract';
import type { Digest } from '@hullcheck/core';
// biome-ignore lint/correctness/noUndeclaredDependencies: only tests import this file, and the rule allows it to them.
import { listedImage } from '@hullcheck/testkit';
// biome-ignore lint/correctness/noUndeclaredDependencies: as above.
import { expect } from 'vitest';
import { cancelAssessment } from '../store/assessment-requests.ts';
import type { Database } from '../store/database.ts';
import { resolveImage } from '../store/images.ts';
import { recordLayers } from '../store/lineage.ts';
import { type RetentionLimits, removeAged } from '../store/retention.ts';
import { defaultScope } from '../store/scope.ts';
import { dropSightings, recordSighting } from '../store/sightings.ts';
import { reviewSources } from '../store/sourceless-images.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { retentionLimits } from '../work/limits.ts';
import { takeReport } from './agent-report.ts';

export const digestOf = (name: string) => `sha256:${createHash('sha256').update(name).digest('hex')}` as Digest;

/** Hosts and sources that have images and leave them, time that passes, and rounds of what removes images, on one database. */
export function imageRetention(database: Database) {
  /** A host with an agent of its own, whose every report says all that it has. */
  async function makeHost(name: string) {
    const { rows } = await database.query<{ id: string }>(
      `insert into agent (scope_id, name, version) values ($1, $2, '1') returning id`,
      [defaultScope, name],
    );
    const agent = { id: rows[0]?.id ?? '', scopeId: defaultScope };
    let sequence = 0;
    return (...images: readonly string[]) => {
      sequence += 1;
      const report: AgentReport = {
        agent: { version: '1', mode: 'inventory' },
        host: { machineId: name, name, os: null, kernel: null, architecture: null },
        runtimes: [],
        full: true,
        sequence,
        baseSequence: null,
        sentAt: new Date().toISOString(),
        images: images.map((image) => listedImage(digestOf(image), `${image}:1`)),
        containers: [],
        gone: { images: [], containers: [] },
      };
      return takeReport(database, agent, report);
    };
  }

  const idOf = async (name: string) =>
    (
      await database.query<{ id: string }>('select image_id as id from image_digest where digest = $1', [
        digestOf(name),
      ])
    ).rows[0]?.id;
  /** Nobody is to read what hosts report here. */
  const readNone = async () => {
    const { rows } = await database.query<{ id: string }>('select id from image');
    for (const { id } of rows) await database.write((transaction) => cancelAssessment(transaction, id, 'a test'));
  };
  const pass = (days: number) =>
    database.query(`update sourceless_image set since = since - make_interval(days => $1)`, [days]);

  /** Somebody else's transaction has come to a lock that it has to wait for. */
  const someoneWaits = () =>
    expect
      .poll(async () => (await database.query('select 1 from pg_locks where not granted')).rowCount, {
        timeout: 30_000,
      })
      .toBeGreaterThan(0);

  /** A whole round. Answers how many images went in each step; the last one is missing where it gave way. */
  async function letGo(days = 90, more: Partial<RetentionLimits> = {}): Promise<number[]> {
    await database.query(`update cleaning set due_at = now(), after_id = null, removed = 0 where what = 'image'`);
    const steps: number[] = [];
    for (;;) {
      const cleaned = await removeAged(database, 'image', days, { ...retentionLimits, waitMs: 200, ...more });
      if (cleaned === undefined) return steps;
      steps.push(cleaned.removed);
    }
  }
  async function review(idsMax: number = retentionLimits.idsMax): Promise<void> {
    await database.query(`update cleaning set due_at = now() where what = 'sourceless_image'`);
    while ((await reviewSources(database, { ...retentionLimits, idsMax })) !== undefined);
  }
  const noted = async () =>
    (
      await database.query<{ name: string | null }>(
        `select d.digest as name from sourceless_image n left join image_digest d on d.image_id = n.image_id order by 1`,
      )
    ).rows.length;

  /** An image with these layers, which a source has. */
  const see = (layers: string, source: string, tag = layers) =>
    database.write(async (transaction) => {
      const id = await resolveImage(transaction, {
        by: 'console',
        configDigest: digestOf(randomUUID()),
        manifestDigests: [],
        indexDigests: [],
        platform: null,
        builtAt: null,
        size: null,
        fallbackName: null,
      });
      await recordLayers(
        transaction,
        id,
        layers.split('').map((layer) => ({ diffId: digestOf(layer), empty: false })),
      );
      await recordSighting(
        transaction,
        id,
        { kind: 'connection', scopeId: defaultScope, sourceId: source, name: 'x' },
        [{ registry: 'docker.io', repository: 'team/app', tag }],
      );
      await refreshSummaries(transaction, [id]);
      return id;
    });
  const leave = (source: string, ids: readonly string[]) =>
    database.write(async (transaction) => {
      await dropSightings(transaction, source, ids);
      await refreshSummaries(transaction, ids);
    });
  return { makeHost, idOf, readNone, pass, someoneWaits, letGo, review, noted, see, leave };
}
