import { parsePurl } from '@hullcheck/core';

/** A package as people write it: name and version, with the namespace where it is part of the name. */
export function packageOf(purl: string): string {
  const parsed = parsePurl(purl);
  if (parsed === undefined) return purl;
  const { type, namespace, name, version } = parsed;
  // A distribution's packages stand under its name, which the image's row says already.
  const isDistribution = type === 'deb' || type === 'apk' || type === 'rpm';
  const whole = namespace === null || isDistribution ? name : `${namespace}/${name}`;
  return version === null ? whole : `${whole} ${version}`;
}
