import type { BaseRef, FindingRow, ImageDetail, ImageRow, LayerRow, PackageRow, SupportRow } from '@hullcheck/contract';
import { imageRisk, worstPerVulnerability } from '@hullcheck/core';
import { findingsOf, type Kind, purlOf } from './findings.ts';

/** One image of the fixture with all its parts. */
export interface FixtureImage {
  readonly detail: ImageDetail;
  readonly findings: readonly FindingRow[];
  readonly packages: readonly PackageRow[];
  readonly layers: readonly LayerRow[];
}

const systems = {
  deb11: { id: 'debian', version: '11', name: 'Debian GNU/Linux 11 (bullseye)', endOfLife: '2024-08-14' },
  deb12: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', endOfLife: '2028-06-30' },
  apk: { id: 'alpine', version: '3.15', name: 'Alpine Linux v3.15', endOfLife: '2023-11-01' },
} as const;

export interface Recipe {
  readonly registry: string | null;
  readonly repository: string | null;
  readonly tags: readonly string[];
  readonly base: keyof typeof systems | null;
  readonly app: readonly Kind[];
  readonly state: ImageRow['assessment']['state'];
  readonly activity?: ImageRow['assessment']['activity'];
  readonly reason?: string;
  readonly progress?: ImageRow['assessment']['progress'];
  readonly hosts: readonly string[];
  readonly containers: number;
  readonly source?: ImageRow['sources'][number];
  /** Leaves out all but every n-th finding: images differ. */
  readonly thin?: number;
}

/** A digest or id made of a number: stable between runs. */
export function hex(seed: number, digits: number): string {
  let state = (seed * 2_654_435_761 + 97) >>> 0;
  let text = '';
  while (text.length < digits) {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text.slice(0, digits);
}
export function uuid(seed: number): string {
  const text = hex(seed, 32);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
}

export function makeImage(recipe: Recipe, seed: number, nowMs: number): FixtureImage {
  const layers = layerDigests(seed);
  const assessed = recipe.state === 'complete' || recipe.state === 'partial';
  const all =
    assessed && recipe.base !== null
      ? findingsOf([
          { kind: recipe.base, layer: layers.base },
          ...recipe.app.map((kind) => ({ kind, layer: layers.app })),
        ])
      : [];
  const base = baseOf(recipe);
  const findings = all
    .filter((_, index) => recipe.thin === undefined || index % recipe.thin === seed % recipe.thin)
    .map((finding) => ({ ...finding, inherited: finding.layer === layers.base ? base : null }));
  const packages = (assessed ? packagesOf(recipe, findings, layers) : []).map((row) => ({
    ...row,
    inherited: row.layer === layers.base ? base : null,
  }));
  const open = findings.filter(({ status }) => status !== 'not-affected' && status !== 'will-not-fix');
  const risk = assessed ? imageRisk(worstPerVulnerability(open)) : null;
  const [worst] = open;
  const digest = `sha256:${hex(seed, 64)}`;
  const name = recipe.repository === null ? null : `${recipe.registry ?? 'docker.io'}/${recipe.repository}`;
  const detail: ImageDetail = {
    id: uuid(seed),
    registry: recipe.registry,
    repository: recipe.repository,
    tags: [...recipe.tags],
    digest,
    risk,
    explanation:
      risk === null
        ? null
        : worst === undefined
          ? 'No known vulnerability is open'
          : `${worst.id} in ${worst.package.name}: ${worst.explanation}`,
    counts: assessed ? countsOf(open) : null,
    os: recipe.base === null ? null : { ...systems[recipe.base] },
    hosts: recipe.hosts.length,
    containers: recipe.containers,
    packages: assessed ? packages.length : null,
    size: recipe.state === 'none' && recipe.source?.kind !== 'host' ? null : 24_000_000 + (seed % 61) * 29_300_000,
    created: new Date(nowMs - (2 + ((seed * 7) % 900)) * 86_400_000).toISOString(),
    platform: seed % 17 === 5 ? 'linux/arm64' : 'linux/amd64',
    assessment: {
      state: recipe.state,
      activity: recipe.activity ?? 'idle',
      reason: recipe.reason ?? null,
      progress: recipe.progress ?? null,
      assessedAt: assessed ? new Date(nowMs - (1 + (seed % 300)) * 60_000).toISOString() : null,
      readBy: assessed ? (seed % 9 === 4 ? 'build-03' : 'console') : null,
    },
    sources: [
      recipe.source ?? { kind: 'connection', name: 'corp registry', id: uuid(9_001) },
      ...recipe.hosts.map((host, index) => ({ kind: 'host' as const, name: host, id: uuid(8_000 + index) })),
    ],
    base: assessed ? base : null,
    lineage: lineageOf(assessed ? base : null, open, recipe, nowMs),
    digests: [
      { kind: 'config', digest, repository: null },
      { kind: 'manifest', digest: `sha256:${hex(seed + 50_000, 64)}`, repository: name },
    ],
    names: name === null ? [] : recipe.tags.map((tag) => `${name}:${tag}`),
    problems:
      recipe.state === 'partial'
        ? [
            {
              code: 'advisories-excerpt',
              path: null,
              layer: null,
              detail: 'npm is judged by an excerpt of its advisories (nodejs, 2020-11-02): counts read at least',
            },
          ]
        : [],
    coverage: assessed
      ? [
          {
            ecosystem: recipe.base === 'apk' ? 'Alpine:v3.15' : `Debian:${recipe.base === 'deb12' ? 12 : 11}`,
            source: recipe.base === 'apk' ? 'alpine-secdb' : 'debian-tracker',
            updatedAt: new Date(nowMs - 86_400_000).toISOString(),
            extent: 'whole',
          },
          ...(recipe.app.includes('npm')
            ? [{ ecosystem: 'npm', source: 'nodejs', updatedAt: '2020-11-02T00:00:00Z', extent: 'excerpt' as const }]
            : []),
        ]
      : [],
    database: assessed ? { revision: hex(4, 16), builtAt: new Date(nowMs - 3_600_000).toISOString() } : null,
    riskTotal: assessed ? open.reduce((sum, finding) => sum + finding.risk, 0) : null,
    riskModel: assessed ? 'open-1' : null,
    executables: assessed
      ? {
          files: 318,
          bytes: 41_208_112,
          unclaimed: recipe.app.includes('npm')
            ? { files: 1, bytes: 4_944_973, largest: [{ path: 'usr/local/bin/report-agent', bytes: 4_944_973 }] }
            : { files: 0, bytes: 0, largest: [] },
        }
      : null,
  };
  return { detail, findings, packages, layers: layersOf(recipe, seed, layers, findings, packages) };
}

function baseOf(recipe: Recipe): BaseRef | null {
  switch (recipe.base) {
    case 'deb11':
      return { image: uuid(31_001), name: 'docker.io/library/debian:11.7' };
    case 'deb12':
      return { image: uuid(31_002), name: 'docker.io/library/debian:12.1' };
    case 'apk':
      return { image: null, name: 'docker.io/library/alpine:3.15.0' };
    case null:
      return null;
  }
}

function lineageOf(
  base: BaseRef | null,
  open: readonly FindingRow[],
  recipe: Recipe,
  nowMs: number,
): ImageDetail['lineage'] {
  const worst = (rows: readonly FindingRow[]) => worstPerVulnerability(rows);
  const fromBase = open.filter(({ inherited }) => inherited !== null);
  const own = open.filter(({ inherited }) => inherited === null);
  const sum = (risks: readonly number[]) => risks.reduce((total, risk) => total + risk, 0);
  const cleared = [...new Set(fromBase.filter(({ fixedIn }) => fixedIn.length > 0).map(({ id }) => id))];
  const left = open.filter(({ id }) => !cleared.includes(id));
  const total = sum(worst(open));
  return {
    bases: base === null ? [] : [{ ...base, names: [base.name], layers: 1, images: 40 }],
    inherited: new Set(fromBase.map(({ id }) => id)).size,
    own: new Set(own.map(({ id }) => id)).size,
    inheritedShare: base === null || total === 0 ? null : sum(worst(fromBase)) / total,
    update:
      base === null || recipe.base === 'apk'
        ? null
        : {
            base,
            successor: {
              image: uuid(31_010),
              name: recipe.base === 'deb11' ? 'docker.io/library/debian:11.11' : 'docker.io/library/debian:12.8',
              sameTag: false,
              built: new Date(nowMs - 9 * 86_400_000).toISOString(),
            },
            outcome: {
              cleared,
              clearedCount: cleared.length,
              added: [],
              addedCount: 0,
              riskBefore: imageRisk(worst(open)),
              riskAfter: imageRisk(worst(left)),
              totalBefore: total,
              totalAfter: sum(worst(left)),
            },
          },
  };
}

interface Digests {
  readonly base: string;
  readonly runtime: string;
  readonly app: string;
}
function layerDigests(seed: number): Digests {
  return {
    base: `sha256:${hex((seed % 5) + 70_000, 64)}`,
    runtime: `sha256:${hex((seed % 11) + 71_000, 64)}`,
    app: `sha256:${hex(seed + 72_000, 64)}`,
  };
}

export function countsOf(findings: readonly FindingRow[]): NonNullable<ImageRow['counts']> {
  const unique = [...new Map(findings.map((finding) => [finding.id, finding])).values()];
  const count = (wanted: (finding: FindingRow) => boolean): number => unique.filter(wanted).length;
  return {
    critical: count(({ rating }) => rating === 'critical'),
    severe: count(({ rating }) => rating === 'severe'),
    moderate: count(({ rating }) => rating === 'moderate'),
    total: unique.length,
    fixable: count(({ fixedIn }) => fixedIn.length > 0),
    exploitable: count(({ exploit }) => exploit !== 'none'),
    severity: {
      critical: count(({ severity }) => severity === 'critical'),
      high: count(({ severity }) => severity === 'high'),
      medium: count(({ severity }) => severity === 'medium'),
      low: count(({ severity }) => severity === 'low'),
      negligible: count(({ severity }) => severity === 'negligible'),
      unknown: count(({ severity }) => severity === 'unknown'),
    },
  };
}

const quietPackages: { readonly [base in keyof typeof systems]: readonly string[] } = {
  deb11:
    'adduser base-files base-passwd bash bsdutils ca-certificates coreutils dash debconf debian-archive-keyring debianutils diffutils dpkg e2fsprogs findutils gpgv grep hostname init-system-helpers login lsb-base mawk mount passwd sed sysvinit-utils tzdata util-linux'.split(
      ' ',
    ),
  deb12:
    'adduser base-files base-passwd bash bsdutils ca-certificates coreutils dash debconf debian-archive-keyring debianutils diffutils dpkg e2fsprogs findutils gpgv grep hostname login logsave mawk mount passwd sed sysvinit-utils tzdata usr-is-merged util-linux'.split(
      ' ',
    ),
  apk: 'alpine-baselayout alpine-keys apk-tools ca-certificates-bundle libc-utils libretls musl musl-utils scanelf'.split(
    ' ',
  ),
};

function packagesOf(recipe: Recipe, findings: readonly FindingRow[], layers: Digests): readonly PackageRow[] {
  const rows = new Map<string, PackageRow>();
  for (const finding of findings) {
    const own = findings.filter((other) => other.package.purl === finding.package.purl);
    const type = /^pkg:([^/]+)/.exec(finding.package.purl)?.[1] ?? 'generic';
    rows.set(finding.package.purl, {
      ...finding.package,
      type,
      source: finding.evidence.via === null ? null : { name: finding.evidence.via, version: finding.package.version },
      licenses: type === 'npm' ? ['MIT'] : type === 'pypi' ? ['Apache-2.0'] : [],
      layer: finding.layer,
      paths: [
        type === 'deb'
          ? 'var/lib/dpkg/status'
          : type === 'apk'
            ? 'lib/apk/db/installed'
            : type === 'npm'
              ? `app/node_modules/${finding.package.name}/package.json`
              : 'usr/local/bin/server',
      ],
      direct: type === 'npm' ? true : null,
      findings: own.length,
      risk: Math.max(...own.map(({ risk }) => risk)),
      inherited: null,
    });
  }
  if (recipe.base !== null)
    for (const name of quietPackages[recipe.base]) {
      const version = recipe.base === 'apk' ? '1.2.2-r7' : '5.1-2';
      const purl = purlOf(recipe.base, name, version);
      rows.set(purl, {
        purl,
        type: recipe.base === 'apk' ? 'apk' : 'deb',
        name,
        version,
        source: { name, version },
        licenses: recipe.base === 'apk' ? ['MIT'] : [],
        layer: layers.base,
        paths: [recipe.base === 'apk' ? 'lib/apk/db/installed' : 'var/lib/dpkg/status'],
        direct: null,
        findings: 0,
        risk: 0,
        inherited: null,
      });
    }
  return [...rows.values()].sort((a, b) => (b.risk ?? 0) - (a.risk ?? 0) || (a.purl < b.purl ? -1 : 1));
}

function layersOf(
  recipe: Recipe,
  seed: number,
  digests: Digests,
  findings: readonly FindingRow[],
  packages: readonly PackageRow[],
): readonly LayerRow[] {
  const assessed = recipe.state === 'complete' || recipe.state === 'partial';
  const layer = (diffId: string, createdBy: string, size: number, sharedBy: number): LayerRow => {
    const own = findings.filter((finding) => finding.layer === diffId);
    return {
      diffId,
      digest: `sha256:${diffId.slice(20)}${hex(seed, 13)}`,
      size,
      createdBy,
      empty: false,
      packages: packages.filter((pkg) => pkg.layer === diffId).length,
      findings: own.length,
      risk: assessed ? imageRisk(worstPerVulnerability(own)) : null,
      readBy: assessed ? 'console' : null,
      sharedBy,
      inherited: diffId === digests.base ? baseOf(recipe) : null,
    };
  };
  const empty = (createdBy: string): LayerRow => ({
    diffId: null,
    digest: null,
    size: null,
    createdBy,
    empty: true,
    packages: 0,
    findings: 0,
    risk: null,
    readBy: null,
    sharedBy: 0,
    inherited: null,
  });
  return [
    layer(
      digests.base,
      recipe.base === 'apk'
        ? '/bin/sh -c #(nop) ADD file:9233f6f2237d79659a9521f7e390df217cec49f1a8aa3a12147bbca1956acdb9 in / '
        : 'ADD rootfs.tar.xz / # buildkit',
      recipe.base === 'apk' ? 5_590_000 : 80_500_000,
      96,
    ),
    empty('/bin/sh -c #(nop)  CMD ["bash"]'),
    layer(
      digests.runtime,
      recipe.base === 'apk'
        ? 'RUN /bin/sh -c apk add --no-cache ca-certificates openssl zlib # buildkit'
        : 'RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl libexpat1 libkrb5-3 netbase tzdata; rm -rf /var/lib/apt/lists/* # buildkit',
      41_300_000,
      24,
    ),
    empty('ENV NODE_ENV=production'),
    empty('WORKDIR /app'),
    layer(
      digests.app,
      recipe.app.includes('npm')
        ? 'RUN /bin/sh -c npm ci --omit=dev # buildkit'
        : recipe.app.includes('pypi')
          ? 'RUN /bin/sh -c pip install --no-cache-dir -r requirements.txt # buildkit'
          : 'COPY /out/server /usr/local/bin/server # buildkit',
      63_900_000,
      0,
    ),
    empty('USER 10001'),
    empty('ENTRYPOINT ["/usr/bin/tini","--","/app/start"]'),
  ];
}

/** Of every image with packages the first one has limited support, and the second one none. */
export function supportOf({ packages }: FixtureImage): SupportRow[] {
  return packages.slice(0, 2).map(({ purl, name, version }, at) => ({
    purl,
    name,
    version,
    status: at === 0 ? 'limited' : 'ended',
    since: at === 0 ? null : '2023-09-11',
    subject: `${name} in Debian 12`,
    extendedUntil: null,
    reference: at === 0 ? null : 'https://bugs.debian.org/1035794',
  }));
}
