import { randomUUID } from 'node:crypto';
import { ecosystemsOf, type Judgement, type Package, subjectKey, subjectOf } from '@hullcheck/core';
import { digestOf } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { cancelAssessment, requestMissing } from '../store/assessment-requests.ts';
import { beginAttempt, endAttempt, requestAssessment } from '../store/assessments.ts';
import { databaseForEach } from '../store/cloned.testing.ts';
import { upsertProfile } from '../store/coverage-profiles.ts';
import type { Database } from '../store/database.ts';
import { resolveImage } from '../store/images.ts';
import { judgementOf, packageOf } from '../store/judged.testing.ts';
import { saveLayerReport } from '../store/layers.ts';
import { findLeverage } from '../store/leverage.ts';
import { recordLayers } from '../store/lineage.ts';
import { observed } from '../store/observation.testing.ts';
import { findAffected } from '../store/overview.ts';
import { writeInventory, writeResult } from '../store/results.ts';
import { consoleDomain, defaultScope } from '../store/scope.ts';
import { recordSighting } from '../store/sightings.ts';
import { recountStandings } from '../store/standings.ts';
import { upsertSubjects } from '../store/subjects.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { writeVerdicts } from '../store/verdicts.ts';
import { listVulnerabilities } from '../store/vulnerabilities.ts';
import { adviseContainers } from './container-advice.ts';
import { refreshLeverage } from './leverage.ts';
import { findLineage, summarizeLineage } from './lineage.ts';
import { findWhere } from './where.ts';

const view = { scopes: [defaultScope] };
const by = { revision: 'r1', rules: 'rules-1' };

function pkg(type: 'deb' | 'npm', name: string, version: string, layer: string): Package {
  const distribution = type === 'deb' ? { id: 'debian', release: '12' } : null;
  return packageOf(name, {
    purl: `pkg:${type}/${type === 'deb' ? 'debian/' : ''}${name}@${version}`,
    type,
    version,
    source: type === 'deb' && name === 'libssl3' ? { name: 'openssl', version } : null,
    distribution,
    layer: digestOf(layer),
    analyzer: type === 'deb' ? 'dpkg' : 'npm',
  });
}

const judgement = (id: string, risk: number, fixedIn: readonly string[]): Judgement =>
  judgementOf(id, {
    title: id,
    risk,
    fixedIn,
    explanation: '',
    evidence: { rule: 'test', range: '', compared: '', via: null, advisories: [] },
  });

/** What is wrong with each package: by name and version. */
const flaws: { readonly [key: string]: readonly Judgement[] } = {
  'libssl3 1.0': [judgement('CVE-2024-1', 900, ['1.6'])],
  'openssl 1.0': [judgement('CVE-2024-1', 900, ['1.6'])],
  'openssl 1.5': [judgement('CVE-2024-1', 900, ['1.6'])],
  'zlib1g 1.0': [judgement('CVE-2024-2', 300, [])],
  'lodash 4.0.0': [judgement('CVE-2024-3', 500, ['4.1.0'])],
};

describe('what to do first', () => {
  let database: Database;
  databaseForEach((opened) => {
    database = opened;
  });

  const connect = async (registry: string, repositories: readonly string[]) => {
    const { rows } = await database.query<{ id: string }>(
      `insert into connection (scope_id, kind, name, url, registry, auth_kind, repositories, insecure_http, tags_max)
       values ($1, 'generic', $2, $2, $2, 'anonymous', '[]', false, 10) returning id`,
      [defaultScope, registry],
    );
    const id = rows[0]?.id ?? '';
    for (const name of repositories) {
      await database.query('insert into repository (scope_id, connection_id, registry, name) values ($1, $2, $3, $4)', [
        defaultScope,
        id,
        registry,
        name,
      ]);
    }
    return id;
  };

  /** An assessed image of these layers and packages, under one name. */
  const assess = async (
    name: string,
    layers: string,
    packages: readonly Package[],
    sourceId: string = randomUUID(),
  ) => {
    const configDigest = digestOf(name);
    const reading = {
      facts: {
        id: configDigest,
        name,
        source: 'registry' as const,
        digests: [],
        tags: [],
        platform: null,
        created: null,
        size: null,
        layers: layers.split('').map((layer) => ({
          diffId: digestOf(layer),
          digest: digestOf(`stored ${layer}`),
          size: 1,
          createdBy: null,
          empty: false,
        })),
      },
      inventory: { operatingSystem: null, packages, problems: [] },
      readBy: layers.split('').map(() => 'console'),
      readByAll: 'console',
      readers: {},
    };
    const [repository = '', tag = ''] = name.split(':');
    return database.write(async (transaction) => {
      const id = await resolveImage(transaction, observed({ configDigest, platform: 'linux/amd64' }));
      const source = { kind: 'connection', scopeId: defaultScope, sourceId, name: 'x' } as const;
      await recordSighting(transaction, id, source, [{ registry: 'docker.io', repository, tag }]);
      await recordLayers(transaction, id, reading.facts.layers);
      const ids = await upsertSubjects(transaction, packages.map(subjectOf));
      const judged = packages.map((one) => ({
        subjectId: ids.get(subjectKey(subjectOf(one))) ?? 0,
        judgements: flaws[`${one.name} ${one.version}`] ?? [],
      }));
      await writeVerdicts(transaction, judged, by, 1, () => ({ cause: 'first-seen', changes: {} }));
      const occurrences = packages.map((one, index) => ({
        pkg: one,
        judged: true,
        subjectId: judged[index]?.subjectId ?? 0,
      }));
      await writeInventory(transaction, id, reading, occurrences);
      const ecosystems = ecosystemsOf(packages);
      const derived = {
        ownState: 'complete' as const,
        problems: [],
        ecosystems,
        os: null,
        osRelease: null,
        judged: packages.map(() => true),
        rules: by.rules,
      };
      const feed = {
        id: 's',
        updatedAt: new Date(0).toISOString(),
        extent: 'whole' as const,
        records: 1,
        ecosystems,
        licence: null,
      };
      await writeResult(transaction, id, reading, derived, await upsertProfile(transaction, ecosystems, [feed], 0));
      await recountStandings(transaction, [id]);
      await refreshSummaries(transaction, [id]);
      return id;
    });
  };
  const setTag = (repository: string, tag: string, imageId: string, digest: string) =>
    database.query(
      `insert into tag (repository_id, name, digest, image_id) select id, $2, $4, $3 from repository where name = $1
       on conflict (repository_id, name) do update set digest = excluded.digest, image_id = excluded.image_id`,
      [repository, tag, imageId, digest],
    );
  const run = async (imageId: string, count: number, ports: readonly unknown[] = []) => {
    const { rows } = await database.query<{ id: string }>(
      `insert into host (scope_id, machine_id, name) values ($1, $2, 'web-01') returning id`,
      [defaultScope, randomUUID()],
    );
    const host = rows[0]?.id ?? '';
    await database.query(
      `insert into image_sighting (image_id, scope_id, kind, source_id, name) values ($1, $2, 'host', $3, 'web-01')`,
      [imageId, defaultScope, host],
    );
    await database.query('insert into host_image (host_id, image_key, image_id) values ($1, $2, $3)', [
      host,
      'k',
      imageId,
    ]);
    await database.query(
      `insert into container (scope_id, host_id, runtime, runtime_id, name, image_id, image_reference, state, ports)
       select $1, $2, 'docker', n::text, 'c' || n, $3, 'shop/web:1', 'running', $5::jsonb from generate_series(1, $4::int) n`,
      [defaultScope, host, imageId, count, JSON.stringify(ports)],
    );
    await database.write((transaction) => refreshSummaries(transaction, [imageId]));
    return host;
  };

  const system = (layer: string, version: string) => [
    pkg('deb', 'openssl', version, layer),
    pkg('deb', 'libssl3', version, layer),
  ];
  const zlib = (layer: string) => pkg('deb', 'zlib1g', '1.0', layer);
  const makeEstate = async () => {
    const connection = await connect('docker.io', ['library/debian', 'shop/web', 'shop/api']);
    const old = await assess('library/debian:12.1', 'a', [...system('a', '1.0'), zlib('a')], connection);
    const newer = await assess('library/debian:12.6', 'e', [...system('e', '2.0'), zlib('e')], connection);
    await setTag('library/debian', '12.1', old, digestOf('index 12.1'));
    await setTag('library/debian', '12.6', newer, digestOf('index 12.6'));
    const lodash = pkg('npm', 'lodash', '4.0.0', 'b');
    const web = await assess('shop/web:1', 'ab', [...system('a', '1.0'), zlib('a'), lodash], connection);
    // Its own layer brought another openssl with the same flaw: the base's successor does not help it.
    const api = await assess('shop/api:1', 'ac', [...system('c', '1.5'), zlib('a')], connection);
    await setTag('shop/web', '1', web, digestOf('index web'));
    await setTag('shop/api', '1', api, digestOf('index api'));
    const host = await run(web, 3);
    return { old, newer, web, api, host, connection };
  };

  it('tells how much of the risk is inherited, and what the base’s successor would clear', async () => {
    const { web, api } = await makeEstate();
    const lineage = await findLineage(database, view, web);
    expect(lineage.bases.map(({ name }) => name)).toEqual(['docker.io/library/debian:12.1']);
    expect(lineage.originOf(digestOf('a'))?.name).toBe('docker.io/library/debian:12.1');
    expect(lineage.originOf(digestOf('b'))).toBeUndefined();
    const summary = await summarizeLineage(database, view, web, lineage);
    expect(summary).toMatchObject({ inherited: 2, own: 1, inheritedShare: 1200 / 1700 });
    expect(summary.update).toMatchObject({
      successor: { tag: '12.6', sameTag: false },
      outcome: { cleared: ['CVE-2024-1'], added: [], totalBefore: 1700, totalAfter: 800 },
    });
    const other = await summarizeLineage(database, view, api, await findLineage(database, view, api));
    expect(other.update?.outcome).toMatchObject({ cleared: [], totalBefore: 1200, totalAfter: 1200 });
  });

  it('ranks rebuilds and updates by the risk that they take off running containers', async () => {
    const { web } = await makeEstate();
    await refreshLeverage(database, () => 0);
    const { items, computedAt } = await findLeverage(database, view);
    expect(computedAt).not.toBeNull();
    expect(
      items.map(({ kind, images, running, findings, risk, riskRunning }) => [
        kind,
        images,
        running,
        findings,
        risk,
        riskRunning,
      ]),
    ).toEqual([
      // openssl of the source, whatever binaries: in the old base, web and api; web runs three times.
      ['update', 3, 3, 3, 2700, 2700],
      ['rebase', 1, 3, 1, 900, 2700],
      ['rebuild', 1, 3, 1, 900, 2700],
      ['update', 1, 3, 1, 500, 1500],
    ]);
    expect(items[0]).toMatchObject({ package: { name: 'openssl', distribution: 'debian 12', to: '1.6' } });
    expect(items[1]).toMatchObject({
      base: { name: 'docker.io/library/debian:12.1' },
      successor: { name: 'docker.io/library/debian:12.6' },
    });
    expect(items[2]).toMatchObject({ image: { id: web } });
    // Counted a moment ago: nothing is counted again, and nobody is told of a change.
    await database.query('delete from leverage');
    await refreshLeverage(database, () => 0);
    expect((await findLeverage(database, view)).items).toEqual([]);
  });

  it('advises each container by its tag, its base and who can bring the fixes', async () => {
    const { web, api, newer } = await makeEstate();
    const container = (imageId: string | null, imageReference: string) => ({ imageId, imageReference });
    const ask = async () =>
      adviseContainers(database, view, [
        container(web, 'shop/web:1'),
        container(api, 'shop/api:1'),
        container(newer, 'debian:12.6'),
        container(null, 'gone:1'),
      ]);
    const before = await ask();
    expect(before.map((one) => one && [one.action, one.tag])).toEqual([
      ['rebuild', 'current'],
      ['rebuild', 'current'],
      ['wait', 'current'],
      null,
    ]);
    expect(before[0]?.fixable).toEqual({ inherited: 1, system: 0, application: 1 });
    expect(before[1]?.fixable).toEqual({ inherited: 0, system: 1, application: 0 });
    await setTag('shop/web', '1', api, digestOf('another'));
    expect((await ask())[0]).toMatchObject({ action: 'redeploy', tag: 'moved', now: { image: api, risk: 902 } });
    // The tag is a list whose entry for another platform was read: by its digest it is what runs.
    await database.query('insert into image_index (digest, platform, image_id) values ($1, $2, $3)', [
      digestOf('another'),
      'linux/amd64',
      web,
    ]);
    expect((await ask())[0]).toMatchObject({ tag: 'current' });
  });

  it('says where a package, a version range, a layer, a file and a vulnerability are', async () => {
    const { web, api, old, host } = await makeEstate();
    const where = async (question: Omit<Parameters<typeof findWhere>[2], 'limit'>) =>
      findWhere(database, view, { ...question, limit: 100 });
    const ids = (places: { readonly images: readonly { readonly id: string }[] }) =>
      places.images.map(({ id }) => id).sort();
    expect(ids(await where({ package: 'lodash' }))).toEqual([web]);
    expect(ids(await where({ package: 'openssl', type: 'deb', version: '<1.6' }))).toEqual([old, web, api].sort());
    expect(ids(await where({ package: 'openssl', version: '>=1.5, <2' }))).toEqual([api]);
    expect(ids(await where({ purl: 'pkg:deb/debian/zlib1g@1.0' }))).toHaveLength(4);
    expect(ids(await where({ purl: 'pkg:npm/lodash@9' }))).toEqual([]);
    expect(ids(await where({ layer: digestOf('c') }))).toEqual([api]);
    expect(ids(await where({ layer: digestOf('stored b') }))).toEqual([web]);
    const sha1 = 'a'.repeat(40);
    const report = {
      diffId: digestOf('b'),
      readers: {},
      whiteouts: [],
      opaque: [],
      links: {},
      problems: [],
      evidence: [{ analyzer: 'java', path: 'app/lib/x.jar', data: { archive: [{ sha1 }] } }],
    } as unknown as Parameters<typeof saveLayerReport>[2];
    await database.write((transaction) => saveLayerReport(transaction, consoleDomain, report));
    expect(ids(await where({ file: '/app/lib/x.jar' }))).toEqual([web]);
    expect(ids(await where({ file: sha1.toUpperCase() }))).toEqual([web]);
    await expect(where({ file: 'x', layer: 'y' })).rejects.toMatchObject({ code: 'invalid-input' });
    const affected = await findAffected(database, view, 'cve-2024-3', 100);
    expect(affected).toMatchObject({
      id: 'CVE-2024-3',
      totals: { images: 1, running: 3 },
      hosts: [{ id: host }],
      images: [{ id: web, through: ['pkg:npm/lodash@4.0.0'] }],
    });
    expect(affected?.containers).toHaveLength(3);
    // Cut: the worst image, what is of it, and totals of all.
    const cut = await findWhere(database, view, { package: 'openssl', limit: 1 });
    expect([cut.images, cut.repositories, cut.hosts, cut.containers].every((list) => list.length <= 1)).toBe(true);
    expect(ids(cut)).toHaveLength(1);
    expect(cut.totals.images).toBeGreaterThan(1);
  });

  it('lists every vulnerability once, the worst first, with where it is', async () => {
    await makeEstate();
    const all = await listVulnerabilities(database, view, { limit: 10 });
    expect(all.items.map(({ id, images, running, hosts, fixable }) => [id, images, running, hosts, fixable])).toEqual([
      ['CVE-2024-1', 3, 3, 1, true],
      ['CVE-2024-3', 1, 3, 1, true],
      ['CVE-2024-2', 4, 3, 1, false],
    ]);
    const first = await listVulnerabilities(database, view, { limit: 2 });
    const rest = await listVulnerabilities(database, view, { limit: 2, cursor: first.next ?? undefined });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all.items.map(({ id }) => id));
    expect(rest.next).toBeNull();
    expect((await listVulnerabilities(database, view, { limit: 10, fixable: true })).items).toHaveLength(2);
    expect((await listVulnerabilities(database, view, { limit: 10, q: '2024-2' })).items).toHaveLength(1);
    expect((await listVulnerabilities(database, { scopes: [randomUUID()] }, { limit: 10 })).items).toEqual([]);
  });

  const unread = (sourceId: string, count: number) =>
    database.write(async (transaction) => {
      const ids: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const id = await resolveImage(transaction, observed({ configDigest: digestOf(randomUUID()) }));
        const source = { kind: 'connection', scopeId: defaultScope, sourceId, name: 'x' } as const;
        await recordSighting(transaction, id, source, []);
        ids.push(id);
      }
      await requestMissing(transaction, ids, sourceId);
      return ids;
    });
  const queue = async () => {
    const { rows } = await database.query<{ imageId: string }>(
      `select a.image_id as "imageId" from graphile_worker.jobs j join assessment a on 'assess:' || a.id = j.key order by j.priority, j.run_at, j.id`,
    );
    return rows.map(({ imageId }) => imageId);
  };

  it('assesses what a person waits for, then what runs exposed, then what runs, and lets no source starve another', async () => {
    const large = await unread(randomUUID(), 60);
    const small = await unread(randomUUID(), 3);
    const place = (await queue()).findLastIndex((id) => small.includes(id));
    expect(place).toBeLessThan(10);
    const [quiet = '', exposed = '', wanted = ''] = large.slice(-3);
    await run(quiet, 1, [{ ip: '127.0.0.1', host: 80, container: 80, protocol: 'tcp' }]);
    await run(exposed, 1, [{ ip: '0.0.0.0', host: 80, container: 80, protocol: 'tcp' }]);
    await database.write((transaction) => requestMissing(transaction, [quiet, exposed]));
    await database.write((transaction) => requestAssessment(transaction, wanted, { priority: 0 }));
    expect((await queue()).slice(0, 3)).toEqual([wanted, exposed, quiet]);
  });

  it('keeps an image’s place when it is tried again', async () => {
    await unread(randomUUID(), 2);
    const [first = '', second = ''] = await queue();
    const { rows } = await database.query<{ id: string }>('select id from assessment where image_id = $1', [second]);
    const attempt = await beginAttempt(database, rows[0]?.id ?? '');
    if (attempt === undefined) throw new Error('it has begun');
    await database.write((transaction) =>
      endAttempt(transaction, attempt, { state: 'queued', reason: 'later', delaySeconds: 0 }),
    );
    expect(await queue()).toEqual([first, second]);
  });

  it('cancels: the attempt writes no more, the job is gone, and only a person asks for the image again', async () => {
    const [id = ''] = await unread(randomUUID(), 1);
    const { rows } = await database.query<{ id: string }>('select id from assessment where image_id = $1', [id]);
    const attempt = await beginAttempt(database, rows[0]?.id ?? '');
    if (attempt === undefined) throw new Error('it has begun');
    expect(await database.write((transaction) => cancelAssessment(transaction, id, 'ada'))).toBe(true);
    expect(await database.write((transaction) => cancelAssessment(transaction, id, 'ada'))).toBe(false);
    expect(await database.write((transaction) => endAttempt(transaction, attempt, { state: 'done' }))).toBe(false);
    expect(await queue()).toEqual([]);
    await database.query(`update assessment set finished_at = now() - interval '1 day'`);
    await database.write((transaction) => requestMissing(transaction, [id]));
    expect(await queue()).toEqual([]);
    await database.write((transaction) => requestAssessment(transaction, id, { priority: 0 }));
    expect(await queue()).toEqual([id]);
  });
});
