import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Package } from '@hullcheck/core';

/**
 * An estate in numbers. Images share as real ones do: each is a base of 40 (120 packages), a middle layer of 500 (80) and an
 * own layer of 100 packages out of a pool of 20,000; hosts run containers of a few dozen images each.
 */
export interface World {
  readonly agents: number;
  readonly containersPerAgent: number;
  readonly images: number;
  readonly imagesPerAgent: number;
}

export const BASES = 40;
export const MIDDLES = 500;
export const BASE_PACKAGES = 120;
export const MIDDLE_PACKAGES = 80;
export const OWN_PACKAGES = 100;
const FAMILIES = 100;
const LIBRARIES = 5_000;
const LIBRARY_VERSIONS = 4;

const sha = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
/** A number below `below` that depends on nothing but the key. */
export function chance(key: string, below: number): number {
  return createHash('sha1').update(key).digest().readUInt32BE(0) % below;
}

export const configDigest = (image: number) => sha(`config ${image}`);
export const manifestDigest = (image: number) => sha(`manifest ${image}`);
export const baseOf = (image: number) => chance(`base ${image}`, BASES);
export const middleOf = (image: number) => chance(`middle ${image}`, MIDDLES);
export const layerOf = (kind: 'base' | 'middle' | 'own', index: number) => sha(`${kind} ${index}`);
export const nameOf = (image: number) => ({ repository: `team-${image % 97}/app-${image % 2_000}`, tag: `1.${image}` });

export const basePackages = (base: number) =>
  Array.from({ length: BASE_PACKAGES }, (_, at) => packageOf(`base-${at}`, `1.${base}`, layerOf('base', base)));
export const middlePackages = (middle: number) =>
  Array.from({ length: MIDDLE_PACKAGES }, (_, at) =>
    packageOf(`mid-${middle % FAMILIES}-${at}`, `1.${Math.floor(middle / FAMILIES)}`, layerOf('middle', middle)),
  );
/** The pool that own layers draw from; the layer is filled in where it is drawn. */
export const libraries = () =>
  Array.from({ length: LIBRARIES * LIBRARY_VERSIONS }, (_, at) =>
    packageOf(`lib-${at % LIBRARIES}`, `1.${Math.floor(at / LIBRARIES)}`, null),
  );

function packageOf(name: string, version: string, layer: string | null): Package {
  return {
    purl: `pkg:deb/debian/${name}@${version}?arch=amd64&distro=debian-12`,
    type: 'deb',
    name,
    version,
    architecture: 'amd64',
    source: null,
    distribution: { id: 'debian', release: '12' },
    licenses: ['MIT'],
    layer: layer as Package['layer'],
    paths: ['var/lib/dpkg/status'],
    direct: null,
    ownedBy: null,
    analyzer: 'dpkg',
  };
}

/** Fixed version by CVE and source package: three flaws a package, each of which some of its versions have. */
export function advisories(): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  let number = 10_000;
  const add = (name: string, versions: number) => {
    const flaws = new Map<string, string>();
    for (let at = 0; at < 3; at += 1) {
      number += 1;
      flaws.set(`CVE-2023-${number}`, `1.${chance(`${name} ${at}`, versions)}`);
    }
    all.set(name, flaws);
  };
  for (let at = 0; at < BASE_PACKAGES; at += 1) add(`base-${at}`, BASES);
  for (let family = 0; family < FAMILIES; family += 1)
    for (let at = 0; at < MIDDLE_PACKAGES; at += 1) add(`mid-${family}-${at}`, MIDDLES / FAMILIES);
  for (let at = 0; at < LIBRARIES; at += 1) add(`lib-${at}`, LIBRARY_VERSIONS);
  return all;
}

/** Two hundred new advisories: of every ten one is of a base package, four of a middle one, five of a library. */
export function twoHundred(all: ReadonlyMap<string, ReadonlyMap<string, string>>): Map<string, Map<string, string>> {
  const next = new Map([...all].map(([name, flaws]) => [name, new Map(flaws)]));
  for (let at = 0; at < 200; at += 1) {
    const name =
      at % 10 === 0
        ? `base-${1 + (at / 10) * 5}`
        : at % 10 < 5
          ? `mid-${chance(`delta ${at}`, FAMILIES)}-${at % MIDDLE_PACKAGES}`
          : `lib-${chance(`delta ${at}`, LIBRARIES)}`;
    next.get(name)?.set(`CVE-2024-${20_000 + at}`, '9');
  }
  return next;
}

/** `drift`: by so many thousandths probabilities have moved, within the bands that a history tells of. */
export function writeMirror(
  folder: string,
  tracker: ReadonlyMap<string, ReadonlyMap<string, string>>,
  kev: readonly string[],
  drift = 0,
): void {
  const packages = Object.fromEntries(
    [...tracker].map(([name, flaws]) => [
      name,
      Object.fromEntries(
        [...flaws].map(([id, fixed]) => [id, { releases: { bookworm: { status: 'resolved', fixed_version: fixed } } }]),
      ),
    ]),
  );
  const scores = [...tracker.values()]
    .flatMap((flaws) => [...flaws.keys()])
    .map((id) => `${id},0.0${1 + chance(id, 8)}${drift}`);
  const entries = [
    entry(folder, 'cisa-kev', 'known_exploited_vulnerabilities.json', {
      dateReleased: new Date().toISOString(),
      // More than the starter has: a list that shrinks by a tenth is refused.
      vulnerabilities: [...Array.from({ length: 2_500 }, (_, at) => `CVE-2019-${10_000 + at}`), ...kev].map(
        (cveID) => ({ cveID, dateAdded: '2024-05-01' }),
      ),
    }),
    entry(folder, 'debian-tracker', 'tracker.derived.json', packages),
    entry(folder, 'debian-support-status', 'debian.csv', 'version,series\n12,bookworm\n'),
    entry(folder, 'epss', 'epss.csv', `cve,epss\n${scores.join('\n')}\n`),
  ];
  writeFileSync(join(folder, 'MANIFEST.json'), JSON.stringify(entries));
}

function entry(folder: string, id: string, name: string, content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  mkdirSync(join(folder, id), { recursive: true });
  writeFileSync(join(folder, id, name), text);
  const bytes = Buffer.byteLength(text);
  const files = [{ path: `${id}/${name}`, bytes, sha256: createHash('sha256').update(text).digest('hex') }];
  return { id, snapshotDate: new Date().toISOString().slice(0, 10), files };
}

/** The first report of an agent: its images and containers, most of them running. */
export function fullReport(world: World, agent: number) {
  const images = [
    ...new Set(Array.from({ length: world.imagesPerAgent }, (_, at) => chance(`held ${agent} ${at}`, world.images))),
  ];
  return {
    ...head(agent),
    full: true,
    sequence: 1,
    baseSequence: null,
    images: images.map(imageOf),
    containers: Array.from({ length: world.containersPerAgent }, (_, at) =>
      containerOf(agent, at, images[at % images.length] ?? 0, at % 10 === 9 ? 'exited' : 'running'),
    ),
    gone: { images: [], containers: [] },
  };
}

/** What changes in a quarter of an hour on a calm host: two containers stop, two begin. `sequence` counts from 2. */
export function deltaReport(world: World, agent: number, sequence: number) {
  const image = chance(`held ${agent} 0`, world.images);
  const first = ((sequence - 2) * 4) % Math.max(1, world.containersPerAgent - 4);
  return {
    ...head(agent),
    full: false,
    sequence,
    baseSequence: sequence - 1,
    images: [imageOf(image)],
    containers: [0, 1, 2, 3].map((at) => containerOf(agent, first + at, image, at < 2 ? 'exited' : 'running')),
    gone: { images: [], containers: [] },
  };
}

const head = (agent: number) => ({
  agent: { version: '0.1.0', mode: 'inventory' },
  host: {
    machineId: createHash('sha256').update(`machine ${agent}`).digest('hex'),
    name: `host-${String(agent).padStart(5, '0')}.example`,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0',
    architecture: 'x86_64',
  },
  runtimes: [
    { kind: 'docker', version: '26.1', address: '/var/run/docker.sock', state: 'readable', reason: null, remedy: null },
  ],
  sentAt: new Date().toISOString(),
});

function imageOf(image: number) {
  const { repository, tag } = nameOf(image);
  const digest = manifestDigest(image);
  return {
    key: `docker/${configDigest(image)}`,
    runtime: 'docker',
    id: configDigest(image),
    idKind: 'config',
    configDigest: configDigest(image),
    manifestDigests: [digest],
    indexDigests: [],
    repoTags: [`registry.example/${repository}:${tag}`],
    repoDigests: [`registry.example/${repository}@${digest}`],
    platform: 'linux/amd64',
    size: 200_000_000,
    created: '2026-01-01T00:00:00Z',
    labels: {},
  };
}

function containerOf(agent: number, at: number, image: number, state: string) {
  const { repository, tag } = nameOf(image);
  return {
    id: createHash('sha256').update(`container ${agent} ${at}`).digest('hex'),
    runtime: 'docker',
    name: `app-${at}`,
    imageKey: `docker/${configDigest(image)}`,
    imageReference: `registry.example/${repository}:${tag}`,
    state,
    created: '2026-02-01T00:00:00Z',
    started: '2026-02-01T00:00:01Z',
    finished: null,
    exitCode: null,
    ports: [],
  };
}
