export { analyzers } from './analyzers/catalogue.ts';
export { composeInventory } from './compose/index.ts';
export { type PackageList, packageListLimits, packageOfPurl, parsePurlList, parseSbom } from './package-lists/index.ts';
export { parseLayerReport } from './reading/layer-report-schema.ts';
export { type ImageReading, type ReadImageOptions, readersVersion, readImage } from './reading/read-image.ts';
export { type LayerProgress, type LayerResult, type ReadLayersOptions, readLayers } from './reading/read-layers.ts';
export type { LayerBytes, OpenedImage, SourceLayer } from './source.ts';
export { type ReadArchiveStreamOptions, readArchiveStream } from './sources/archive-stream.ts';
export type { ListedImage } from './sources/assembled-image.ts';
export {
  type AttachedSbom,
  type AttachedSbomOptions,
  findAttachedSbom,
  type SbomRegistry,
} from './sources/attached-sbom.ts';
export { type ContentImageOptions, openContentImage } from './sources/content-image.ts';
export { readDirectory } from './sources/directory.ts';
export {
  type ArchiveKind,
  detectArchive,
  listArchiveImages,
  type OpenOptions,
  openDockerArchive,
  openOciArchive,
  openOciDir,
  type ReadArchiveOptions,
  readArchive,
} from './sources/open-archive.ts';
export { type ImageRegistry, openRegistryImage, type RegistryImageOptions } from './sources/registry-image.ts';
