import { type Advisory, formatPurl } from '@hullcheck/core';

/**
 * A CycloneDX document of every package of an ecosystem that the advisories name, once in each version where a verdict changes:
 * where a range begins, where it is fixed, what is affected last, and the first and last of listed ones. Few of them stand in
 * an image of the corpus.
 */
export function boundaryDocument(advisories: readonly Advisory[], ecosystem: string): object {
  const purls = new Set<string>();
  const components: object[] = [];
  const [system = '', release] = ecosystem.split(':');
  if (release !== undefined) {
    const about = [
      { name: 'syft:distro:id', value: system },
      { name: 'syft:distro:versionID', value: release },
    ];
    components.push({ type: 'operating-system', 'bom-ref': 'os', name: system, version: release, properties: about });
  }
  for (const { name, version } of boundariesOf(advisories, ecosystem)) {
    const purl = purlOf(ecosystem, name, version);
    if (purls.has(purl)) continue;
    purls.add(purl);
    components.push({ type: 'library', 'bom-ref': purl, name, version, purl });
  }
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components };
}

function* boundariesOf(advisories: readonly Advisory[], ecosystem: string) {
  for (const { affected } of advisories) {
    for (const one of affected) {
      if (one.ecosystem !== ecosystem) continue;
      const bounds = one.ranges.flatMap(({ introduced, fixed, lastAffected }) => [introduced, fixed, lastAffected]);
      const versions = [...bounds, one.versions[0] ?? null, one.versions.at(-1) ?? null];
      for (const version of versions) {
        if (version !== null && version !== '0') yield { name: one.name, version };
      }
    }
  }
}

function purlOf(ecosystem: string, path: string, version: string): string {
  const [system = '', release] = ecosystem.split(':');
  if (release !== undefined) {
    const type = system === 'debian' ? 'deb' : 'apk';
    return formatPurl({ type, namespace: system, name: path, version, qualifiers: { distro: `${system}-${release}` } });
  }
  const cut = path.lastIndexOf('/');
  const name = path.slice(cut + 1);
  const prefix = ecosystem === 'golang' && name !== 'stdlib' ? 'v' : '';
  return formatPurl({ type: ecosystem, namespace: path.slice(0, Math.max(cut, 0)), name, version: prefix + version });
}
