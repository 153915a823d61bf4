import type { FindingRow, LayerRow, PackageRow } from '@hullcheck/contract';
import { imageRisk, worstPerVulnerability } from '@hullcheck/core';
import { hex } from './ids.ts';
import { baseOf, type Digests, type Recipe } from './recipe.ts';

export function layersOf(
  recipe: Recipe,
  seed: number,
  digests: Digests,
  findings: readonly FindingRow[],
  packages: readonly PackageRow[],
  readBy: string | null,
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
      readBy,
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
