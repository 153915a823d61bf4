export { packageListLimits } from './limits.ts';
export { packageOfPurl } from './package-of-purl.ts';
export { parsePurlList } from './purl-list.ts';
export { type PackageList, parseSbom, readSbom } from './sbom.ts';
