import type { FindingRow } from '@hullcheck/contract';
import { findingRisk, ratingOfScore, severityOfScore } from '@hullcheck/core';
import { type KnownVulnerability, knownVulnerabilities } from './vulnerabilities.ts';

export type Kind = KnownVulnerability['kind'];

/** Findings of an image that holds these kinds of packages, each kind in its layer; highest risk first. */
export function findingsOf(kinds: readonly { readonly kind: Kind; readonly layer: string }[]): readonly FindingRow[] {
  const findings = kinds.flatMap(({ kind, layer }) =>
    knownVulnerabilities
      .filter((known) => known.kind === kind)
      .flatMap((known) => known.binaries.map((binary) => toFinding(known, binary, layer))),
  );
  return findings.sort(
    (a, b) => b.risk - a.risk || (a.id < b.id ? -1 : Number(a.id > b.id)) || (a.package.purl < b.package.purl ? -1 : 1),
  );
}

const rules: { readonly [kind in Kind]: string } = {
  deb11: 'debian-source',
  deb12: 'debian-source',
  apk: 'alpine-source',
  npm: 'npm-range',
  pypi: 'pep440-range',
  golang: 'golang-module',
};
const feeds: { readonly [kind in Kind]: string } = {
  deb11: 'debian-tracker',
  deb12: 'debian-tracker',
  apk: 'alpine-secdb',
  npm: 'nodejs',
  pypi: 'pypa',
  golang: 'govulndb',
};

export function purlOf(kind: Kind, name: string, version: string): string {
  switch (kind) {
    case 'deb11':
    case 'deb12':
      return `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64&distro=debian-${kind === 'deb11' ? 11 : 12}`;
    case 'apk':
      return `pkg:apk/alpine/${name}@${version}?arch=x86_64&distro=alpine-3.15`;
    case 'npm':
    case 'pypi':
    case 'golang':
      return `pkg:${kind}/${name}@${version}`;
  }
}

function toFinding(known: KnownVulnerability, binary: string, layer: string): FindingRow {
  const { risk, explanation } = findingRisk({
    score: known.cvss,
    scoreName: 'CVSS',
    epss: known.epss,
    lev: null,
    kev: known.kev ? { ransomware: false } : null,
    exploit: known.exploit,
  });
  const distribution = known.kind === 'deb11' || known.kind === 'deb12' || known.kind === 'apk';
  return {
    id: known.id,
    aliases: [],
    title: `${known.words} in ${known.source}`,
    categories: [known.words],
    references: [
      { source: 'NVD', url: `https://nvd.nist.gov/vuln/detail/${known.id}` },
      ...(distribution ? [{ source: 'Debian', url: `https://security-tracker.debian.org/tracker/${known.id}` }] : []),
    ],
    severity: severityOfScore(known.cvss),
    rating: ratingOfScore(known.cvss),
    cvss: { score: known.cvss, vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', source: 'NVD' },
    status: known.status ?? (known.fixed === null ? 'affected' : 'fixed-available'),
    fixedIn: known.fixed === null ? [] : [known.fixed],
    package: { purl: purlOf(known.kind, binary, known.version), name: binary, version: known.version },
    layer,
    published: `${known.published}T00:00:00Z`,
    kev: known.kev,
    epss: known.epss,
    exploit: known.exploit,
    risk,
    explanation,
    evidence: {
      rule: rules[known.kind],
      range: known.fixed === null ? 'all versions' : `< ${known.fixed}`,
      compared: known.version,
      via: distribution ? known.source : null,
      advisories: [{ feed: feeds[known.kind], id: known.id }],
    },
    inherited: null,
  };
}
