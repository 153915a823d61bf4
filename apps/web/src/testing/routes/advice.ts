import type { ImageAdvice } from '@hullcheck/contract';
import { advise, type Package } from '@hullcheck/core';
import type { FixtureImage } from '../estate/images.ts';

/** The advice as the console gives it; the made findings name their fixes themselves, so no advisories are asked. */
export function adviceOf({ detail, findings, packages }: FixtureImage): ImageAdvice {
  const ends = detail.os?.extendedEndOfLife ?? detail.os?.endOfLife ?? null;
  const advice = advise({
    findings,
    packages: packages.map(toPackage),
    advisoriesOf: () => [],
    releaseEnded: ends !== null && ends < (detail.assessment.assessedAt ?? '') ? ends : null,
  });
  return {
    ...advice,
    updates: advice.updates.map((update) => ({
      ...update,
      packages: [...update.packages],
      purls: [...update.purls],
    })),
  };
}

function toPackage(row: FixtureImage['packages'][number]): Package {
  const { purl, type, name, version, source, licenses, layer, paths, direct } = row;
  return {
    purl,
    type,
    name,
    version,
    source,
    licenses,
    layer,
    paths,
    direct,
    architecture: null,
    distribution: null,
    ownedBy: null,
    analyzer: 'test',
  };
}
