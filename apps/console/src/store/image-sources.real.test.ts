import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestStore, type TestStore } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { findSources } from './image-sources.ts';
import { imagesOfRepository, imagesWithoutTag } from './repositories.ts';
import { defaultScope } from './scope.ts';

let store: TestStore;
let database: Database;
const image = randomUUID();
const digest = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;

beforeAll(async () => {
  store = await startTestStore();
  database = await store.open();
  await database.query('insert into image (id) values ($1)', [image]);
  await database.query(`insert into image_digest (kind, digest, image_id) values ('config', $1, $2)`, [
    digest(0),
    image,
  ]);
}, 120_000);
afterAll(async () => {
  await database?.end();
  await store?.stop();
});

const name = (source: string, registry: string, repository: string, tag = '') =>
  database.query(
    `insert into image_name (image_id, scope_id, source_id, registry, repository, tag) values ($1, $2, $3, $4, $5, $6)`,
    [image, defaultScope, source, registry, repository, tag],
  );
const seen = (registry: string, repository: string, n: number) =>
  database.query(
    `insert into digest_seen (image_id, digest, kind, registry, repository) values ($1, $2, 'manifest', $3, $4)`,
    [image, digest(n), registry, repository],
  );
const found = async () =>
  (await findSources(database, image)).references.map(
    ({ registry, repository, reference, byDigest }) =>
      `${registry}/${repository} ${byDigest ? Number.parseInt(reference.slice(-4), 16) : reference}`,
  );

it('a host that names a hundred registries does not push aside what others name', async () => {
  const [evil, good] = [randomUUID(), randomUUID()];
  for (let n = 100; n < 200; n += 1) {
    await seen(`${n}.evil.example`, 'x', n);
    await name(evil, `${n}.evil.example`, 'x');
    // Such as it has no name for.
    await seen(`${n}.nameless.example`, 'x', n);
  }
  await seen('registry.example', 'team/app', 1);
  await name(good, 'registry.example', 'team/app', 'v1');
  const references = await found();
  expect(references).toHaveLength(18);
  expect(references.indexOf('registry.example/team/app 1')).toBeLessThan(3);
  expect(references).toContain('registry.example/team/app v1');
});

it('what a connection read itself comes first, each once, then what hosts name at its registry', async () => {
  const { rows } = await database.query<{ id: string }>(
    `insert into connection (id, scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max) values (gen_random_uuid(), $1, 'generic', 'z', 'https://z.example', 'z.example', 'anonymous', '[]', false, 10) returning id`,
    [defaultScope],
  );
  const connection = rows[0]?.id ?? '';
  const { rows: repositories } = await database.query<{ id: string }>(
    `insert into repository (scope_id, connection_id, registry, name) values ($1, $2, 'z.example', 'own') returning id`,
    [defaultScope, connection],
  );
  for (const tag of ['a', 'b']) {
    await database.query(`insert into tag (repository_id, name, digest, image_id) values ($1, $2, $3, $4)`, [
      repositories[0]?.id,
      tag,
      digest(7),
      image,
    ]);
    await database.query(`insert into tag_image (repository_id, name, image_id) values ($1, $2, $3)`, [
      repositories[0]?.id,
      tag,
      image,
    ]);
    await name(connection, 'z.example', 'own', tag);
  }
  await seen('z.example', 'own', 7);
  await seen('z.example', 'zz/claimed', 8);
  const references = await found();
  expect(references.filter((one) => one === 'z.example/own 7')).toHaveLength(1);
  expect(references[0]).toBe('z.example/own 7');
  expect(references.indexOf('z.example/zz/claimed 8')).toBeLessThan(
    references.indexOf('registry.example/team/app 1') + 4,
  );
  expect(references.indexOf('z.example/zz/claimed 8')).toBeLessThan(references.indexOf('100.nameless.example/x 100'));
});

it('of what a connection had, only the images that were asked about are looked at', async () => {
  const { rows } = await database.query<{ id: string }>('select id from connection');
  const connection = rows[0]?.id ?? '';
  const [asked, other] = [randomUUID(), randomUUID()];
  for (const id of [asked, other, image]) {
    await database.query('insert into image (id) values ($1) on conflict do nothing', [id]);
    await database.query(
      `insert into image_sighting (image_id, scope_id, kind, source_id, name) values ($1, $2, 'connection', $3, 'z')`,
      [id, defaultScope, connection],
    );
  }
  await database.write(async (transaction) => {
    expect(await imagesOfRepository(transaction, connection, 'own')).toEqual([image]);
    expect(await imagesWithoutTag(transaction, connection, [asked, image])).toEqual([asked]);
    expect([...(await imagesWithoutTag(transaction, connection, null))].sort()).toEqual([asked, other].sort());
  });
});
