import { randomUUID } from 'node:crypto';
import { digestOf } from '@hullcheck/testkit';
import { cancelAssessment } from '../store/assessment-requests.ts';
import type { Database } from '../store/database.ts';
import { resolveImage } from '../store/images.ts';
import { recordLayers } from '../store/lineage.ts';
import { observed } from '../store/observation.testing.ts';
import { letGo } from '../store/retention.testing.ts';
import type { RetentionLimits } from '../store/retention.ts';
import { defaultScope } from '../store/scope.ts';
import { dropSightings, recordSighting } from '../store/sightings.ts';
import { reviewSources } from '../store/sourceless-images.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { retentionLimits } from '../work/limits.ts';
import { makeReportedHost } from './reported-hosts.testing.ts';

/** Hosts and sources that have images and leave them, time that passes, and rounds of what removes images, on one database. */
export function imageRetention(database: Database) {
  /** A host whose every report says all that it has. */
  async function makeHost(name: string) {
    const host = await makeReportedHost(database, name, 'inventory');
    return (...images: readonly string[]) => host.report(images);
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

  const letGoOfImages = async (days?: number, more?: Partial<RetentionLimits>) =>
    (await letGo(database, ['image'], days, more)).steps;
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
      const id = await resolveImage(transaction, observed({ configDigest: digestOf(randomUUID()) }));
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
  return { makeHost, idOf, readNone, pass, letGo: letGoOfImages, review, noted, see, leave };
}
