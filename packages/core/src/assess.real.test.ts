import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Advisory, AdvisoryLookup, AffectedPackage } from './advisory.ts';
import { assess } from './assess.ts';
import type { Package } from './package.ts';

// The real packages of real images against Debian's real tracker, judged twice: by assess, and by dpkg itself over the
// tracker's JSON. The two ways share nothing but the input.

const shared = process.env.HULLCHECK_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const corpus = process.env.HULLCHECK_CORPUS ?? '/var/tmp/hullcheck-corpus';
const trackerFile = `${shared}/feeds/debian-tracker/tracker.derived.json`;
const images = [
  { archive: `${corpus}/archive/debian-bullseye-old.tar`, codename: 'bullseye', release: '11' },
  { archive: `${corpus}/archive/debian-bookworm.tar`, codename: 'bookworm', release: '12' },
] as const;
const available = existsSync(trackerFile) && spawnSync('dpkg', ['--version']).status === 0;

interface TrackerRelease {
  readonly status: 'resolved' | 'open' | 'undetermined';
  readonly fixed_version?: string;
  readonly urgency: string;
  readonly nodsa_reason?: string;
}
type Tracker = {
  readonly [source: string]: {
    readonly [cve: string]: { readonly releases: { readonly [codename: string]: TrackerRelease } };
  };
};

describe.skipIf(!available)('findings of real Debian packages', () => {
  it.skipIf(!images.every(({ archive }) => existsSync(archive))).each(images)(
    'equal what dpkg makes of the tracker: the image of $codename',
    ({ archive, codename, release }) => expectEqual(packagesOf(statusFileOf(archive), release), codename, release),
  );

  // Made by tools/oracles/debian-packages.sh trixie '?essential' apt ca-certificates curl git python3 nginx openssl perl libxml2-utils
  // imagemagick ffmpeg vim-tiny openssh-client linux-libc-dev gcc: what apt would install from the index of 13.8.
  const trixie = packagesOf(readFileSync(`${import.meta.dirname}/testdata/debian-trixie.status`, 'utf8'), '13');

  it('equal what dpkg makes of the tracker: the packages of trixie', () => {
    expectEqual(trixie, 'trixie', '13');
  });

  it('equal it also where every source is just below its last fix, and at it', () => {
    const tracker: Tracker = JSON.parse(readFileSync(trackerFile, 'utf8'));
    for (const end of ['~', '']) {
      const packages = trixie.flatMap((pkg) => {
        const fix = lastFix(tracker, 'trixie', pkg.source?.name ?? pkg.name);
        return fix === undefined ? [] : [atVersion(pkg, `${fix}${end}`)];
      });
      expect(packages.length).toBeGreaterThan(60);
      expectEqual(packages, 'trixie', '13');
    }
  });
});

function expectEqual(packages: readonly Package[], codename: string, release: string): void {
  const tracker: Tracker = JSON.parse(readFileSync(trackerFile, 'utf8'));
  expect(packages.length).toBeGreaterThan(60);
  const report = assess({
    image: {
      name: codename,
      id: null,
      source: 'docker-archive',
      digests: [],
      tags: [],
      platform: null,
      created: null,
      size: null,
      layers: [],
    },
    inventory: { operatingSystem: null, packages, problems: [] },
    database: lookupOf(tracker, codename, release),
    now: Date.parse('2026-08-22'),
    readBy: 'console',
    tool: { version: '0' },
  });
  const apart = report.ignored.map(({ finding }) => finding);
  expect(apart.every(({ setAside }) => setAside?.kind === 'kernel-headers')).toBe(true);
  const found = [...report.findings, ...apart].map(({ id, package: { purl }, status }) => `${id} ${purl} ${status}`);
  const expected = packages.flatMap((pkg) => byDpkg(tracker, codename, pkg));
  expect(found.length).toBeGreaterThan(0);
  expect(found.sort()).toEqual(expected.sort());
  expect(report.assessment.state).toBe('complete');
}

function atVersion(pkg: Package, version: string): Package {
  const source = { name: pkg.source?.name ?? pkg.name, version };
  return { ...pkg, version, source, purl: `pkg:deb/debian/${pkg.name}@${version}` };
}

function lastFix(tracker: Tracker, codename: string, source: string): string | undefined {
  const fixes = Object.values(tracker[source] ?? {}).flatMap(({ releases }) => releases[codename]?.fixed_version ?? []);
  return fixes
    .filter((fix) => fix !== '0')
    .reduce((last: string | undefined, fix) => {
      return last === undefined || isOlder(last, fix) ? fix : last;
    }, undefined);
}

function packagesOf(status: string, release: string): readonly Package[] {
  const paragraphs = status.split('\n\n');
  return paragraphs.flatMap((paragraph) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1];
    const name = field('Package');
    const version = field('Version');
    if (name === undefined || version === undefined || !field('Status')?.endsWith(' installed')) return [];
    const [, source = name, sourceVersion = version] = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') ?? name) ?? [];
    return [
      {
        purl: `pkg:deb/debian/${name}@${version}`,
        type: 'deb',
        name,
        version,
        architecture: field('Architecture') ?? null,
        source: { name: source, version: sourceVersion },
        distribution: { id: 'debian', release },
        licenses: [],
        layer: null,
        paths: [],
        direct: null,
        ownedBy: null,
        analyzer: 'dpkg',
      },
    ];
  });
}

/** The package database of the uppermost layer that has one. */
function statusFileOf(archive: string): string {
  const read = (...args: string[]): Buffer =>
    execFileSync('tar', args, { maxBuffer: 2 ** 31 - 1, stdio: ['ignore', 'pipe', 'ignore'] });
  const manifest: readonly { readonly Layers: readonly string[] }[] = JSON.parse(
    read('-xOf', archive, 'manifest.json').toString(),
  );
  for (const layer of [...(manifest[0]?.Layers ?? [])].reverse()) {
    const script = 'tar -xOf "$1" "$2" | tar -xO --wildcards "*var/lib/dpkg/status"';
    const { stdout } = spawnSync('sh', ['-c', script, 'sh', archive, layer], { maxBuffer: 2 ** 30 });
    if (stdout.length > 0) return stdout.toString();
  }
  throw new Error(`${archive} has no package database`);
}

/** The tracker as a database: one advisory per source package and CVE, as its feed makes them. */
function lookupOf(tracker: Tracker, codename: string, release: string): AdvisoryLookup {
  return {
    revision: 'tracker',
    builtAt: '2026-08-21T00:00:00Z',
    sources: [
      {
        id: 'debian-tracker',
        updatedAt: '2026-08-21T00:00:00Z',
        extent: 'whole',
        records: 1,
        ecosystems: [`debian:${release}`],
        licence: null,
      },
    ],
    advisoriesFor: (keys) =>
      keys.flatMap(({ ecosystem, name }) =>
        Object.entries(tracker[name] ?? {}).flatMap(([id, { releases }]): Advisory[] => {
          const state = releases[codename];
          if (state === undefined) return [];
          const ignored = state.nodsa_reason === 'ignored';
          const affected: AffectedPackage = {
            ecosystem,
            name,
            nameKind: 'source',
            scheme: 'deb',
            ranges: [
              {
                introduced: null,
                fixed: state.status === 'resolved' ? (state.fixed_version ?? null) : null,
                lastAffected: null,
              },
            ],
            versions: [],
            expression: null,
            status:
              state.status === 'undetermined'
                ? 'undetermined'
                : ignored && state.status === 'open'
                  ? 'will-not-fix'
                  : 'affected',
            urgency: state.urgency,
          };
          const nothing = {
            published: null,
            modified: null,
            withdrawn: null,
            cvss: [],
            references: [],
            categories: [],
          };
          return [{ id, feed: 'debian-tracker', aliases: [], ...nothing, affected: [affected] }];
        }),
      ),
    factsFor: () => new Map(),
    supportOf: () => undefined,
  };
}

function byDpkg(tracker: Tracker, codename: string, pkg: Package): readonly string[] {
  const source = pkg.source ?? { name: pkg.name, version: pkg.version };
  return Object.entries(tracker[source.name] ?? {}).flatMap(([id, { releases }]) => {
    const state = releases[codename];
    if (state === undefined || state.fixed_version === '0') return [];
    // Headers of the kernel are set aside with all that Debian files for its source.
    const line = (status: string): string[] => [
      `${id} ${pkg.purl} ${pkg.name === 'linux-libc-dev' ? 'not-affected' : status}`,
    ];
    if (state.status === 'undetermined') return line('undetermined');
    if (state.status === 'open') return line(state.nodsa_reason === 'ignored' ? 'will-not-fix' : 'affected');
    return isOlder(source.version, state.fixed_version ?? '') ? line('fixed-available') : [];
  });
}

const asked = new Map<string, boolean>();

function isOlder(a: string, b: string): boolean {
  const key = `${a} ${b}`;
  const known = asked.get(key);
  if (known !== undefined) return known;
  const { status } = spawnSync('dpkg', ['--compare-versions', a, 'lt', b]);
  if (status !== 0 && status !== 1) throw new Error(`dpkg can't compare ${key}`);
  asked.set(key, status === 0);
  return status === 0;
}
