import type { FindingRow, ImageDetail, ImageRow, LayerRow, PackageRow } from '@hullcheck/contract';
import { imageRisk, worstPerVulnerability } from '@hullcheck/core';
import { findingsOf } from './findings.ts';
import { hex, uuid } from './ids.ts';
import { layersOf } from './layers.ts';
import { lineageOf } from './lineage.ts';
import { packagesOf } from './packages.ts';
import { baseOf, layerDigests, type Recipe, systems } from './recipe.ts';

/** One image of the fixture with all its parts. */
export interface FixtureImage {
  readonly detail: ImageDetail;
  readonly findings: readonly FindingRow[];
  readonly packages: readonly PackageRow[];
  readonly layers: readonly LayerRow[];
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
    // One of them is inactive.
    hosts: recipe.hosts.filter((name) => name !== 'spot-7f3a').length,
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
      // No registry has one without a repository.
      readBy: assessed ? (seed % 9 === 4 || recipe.repository === null ? 'build-03' : 'console') : null,
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
  return {
    detail,
    findings,
    packages,
    layers: layersOf(recipe, seed, layers, findings, packages, detail.assessment.readBy),
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
