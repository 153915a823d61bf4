import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databaseForEach } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { listImages } from './image-lists.ts';
import { resolveImage } from './images.ts';
import { listBases, listBasesOf, listSuccessors, recordLayers } from './lineage.ts';
import { observed } from './observation.testing.ts';
import { defaultScope } from './scope.ts';
import { dropSightings, recordSighting } from './sightings.ts';
import { refreshSummaries } from './summaries.ts';

const view = { scopes: [defaultScope] };
const diffId = (letter: string) => `sha256:${createHash('sha256').update(letter).digest('hex')}`;

describe('lineage', () => {
  let database: Database;
  databaseForEach((opened) => {
    database = opened;
  });

  const see = (layers: string, name: string | null, builtAt: string | null = null, sourceId = randomUUID()) =>
    database.write(async (transaction) => {
      const id = await resolveImage(transaction, observed({ configDigest: diffId(randomUUID()), builtAt }));
      const [repository = '', tag = 'latest'] = (name ?? '').split(':');
      await recordLayers(
        transaction,
        id,
        layers.split('').map((letter) => ({ diffId: letter === '?' ? null : diffId(letter), empty: letter === '-' })),
      );
      await recordSighting(
        transaction,
        id,
        { kind: 'upload', scopeId: defaultScope, sourceId, name: 'x' },
        name === null ? [] : [{ registry: 'docker.io', repository, tag }],
      );
      await refreshSummaries(transaction, [id]);
      return { id, sourceId };
    });
  const basesOf = async (id: string) =>
    (await listBasesOf(database, view, id)).map(({ name }) => name.replace('docker.io/', ''));

  it('finds the bases that comparing every image with every other finds', async () => {
    const layers = fc.stringMatching(/^[ab-]{0,5}$/);
    const estate = fc.array(fc.record({ layers, named: fc.boolean() }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(estate, async (images) => {
        await database.query('truncate image, base cascade');
        const seen: { readonly id: string; readonly list: string; readonly name: string | null }[] = [];
        for (const [index, image] of images.entries()) {
          const name = image.named ? `team/image-${index}` : null;
          const { id } = await see(image.layers, name === null ? null : `${name}:latest`);
          seen.push({ id, list: image.layers.replaceAll('-', ''), name });
        }
        for (const { id, list } of seen) {
          const expected = seen
            .filter(
              (o) => o.name !== null && o.list.length > 0 && o.list.length < list.length && list.startsWith(o.list),
            )
            .sort((a, b) => b.list.length - a.list.length);
          const found = await listBasesOf(database, view, id);
          expect(found.map(({ depth }) => depth)).toEqual([...new Set(expected.map((o) => o.list.length))]);
          for (const { depth, names } of found) {
            expect([...names].sort()).toEqual(
              expected
                .filter((o) => o.list.length === depth)
                .map((o) => `docker.io/${o.name}:latest`)
                .sort(),
            );
          }
          const rows = await listImages(database, view, { sort: '-risk', limit: 100 });
          expect(rows.items.find((row) => row.id === id)?.baseName ?? null).toBe(found[0]?.name ?? null);
          const built = await listImages(database, view, { sort: '-risk', limit: 100, base: id });
          expect(built.items.map((row) => row.id).sort()).toEqual(
            seen
              .filter((o) => list.length > 0 && o.list.length > list.length && o.list.startsWith(list))
              .map((o) => o.id)
              .sort(),
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  it('calls a base by its official name and the tag that says most', async () => {
    await see('a', 'mirror/debian:12.1.0');
    await see('a', 'library/debian:latest');
    await see('a', 'library/debian:12.1');
    await see('a', 'library/debian:bookworm');
    const { id } = await see('ab', 'shop/web:1');
    expect(await basesOf(id)).toEqual(['library/debian:12.1']);
    expect(await listBases(database, view, 10)).toMatchObject([{ name: 'docker.io/library/debian:12.1', images: 1 }]);
  });

  it('takes no image for a base whose layers are not all known, and none of the same layers', async () => {
    await see('a?', 'team/unknown:1');
    await see('ab', 'team/twin:1');
    const { id } = await see('ab', 'team/app:1');
    const above = await see('ab?', 'team/above:1');
    expect(await basesOf(id)).toEqual([]);
    // The known layers below the unknown one are what they are.
    expect(await basesOf(above.id)).toEqual(['team/app:1']);
  });

  it('remembers a base whose tag moved on, and tells what the tag names now and which newer version there is', async () => {
    const source = randomUUID();
    const old = await see('a', 'library/debian:12.1', '2024-01-01T00:00:00Z', source);
    const floating = await see('c', 'library/debian:12', '2024-01-01T00:00:00Z', source);
    const app = await see('ab', 'shop/web:1');
    const second = await see('cb', 'shop/api:1');
    for (const { id } of [old, floating]) {
      await database.write(async (transaction) => {
        await dropSightings(transaction, source, [id]);
        await refreshSummaries(transaction, [id]);
      });
    }
    const moved = await see('d', 'library/debian:12', '2024-06-01T00:00:00Z', source);
    const newer = await see('e', 'library/debian:12.6', '2024-06-01T00:00:00Z', source);
    const [base] = await listBasesOf(database, view, app.id);
    expect(base).toMatchObject({ name: 'docker.io/library/debian:12.1', present: false });
    expect(await listSuccessors(database, view, [base?.id ?? 0])).toMatchObject([
      { tag: '12.6', imageId: newer.id, sameTag: false, assessed: false },
    ]);
    const [other] = await listBasesOf(database, view, second.id);
    expect(await listSuccessors(database, view, [other?.id ?? 0])).toMatchObject([
      { tag: '12', imageId: moved.id, sameTag: true },
      { tag: '12.6', imageId: newer.id, sameTag: false },
    ]);
  });
});
