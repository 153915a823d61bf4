/**
 * Every bound on foreign bytes, with its unit. What exceeds one is refused as a Fault (the layer or the image) or
 * recorded as a Problem (one file); the text always names the limit. `limitsVersion` is stored with each layer report.
 */
export const limitsVersion = 1;

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Limits of one layer while it is decompressed and walked. */
export const layerLimits = {
  /** Bombs of exactly 10 GiB plus headers exceed it. */
  tarBytesMax: 10 * GiB,
  /** Uncompressed to compressed bytes, looked at only after `ratioFreeBytes`: small layers of zeros are ordinary. */
  ratioMax: 200,
  ratioFreeBytes: 100 * MiB,
  entriesMax: 1_200_000,
  pathBytesMax: 4096,
  pathDepthMax: 256,
  /** Body of one PAX header or GNU long name (Go CVE-2022-2879). */
  extensionBytesMax: 1 * MiB,
  linksMax: 200_000,
  whiteoutsMax: 200_000,
  /** Hard links whose target is read in a second pass. */
  hardLinksMax: 200_000,
  evidenceRecordsMax: 400_000,
  problemsMax: 1000,
  /** Frames that want more are read alone, with `zstdWindowLogAlone`. */
  zstdWindowLogParallel: 23,
  zstdWindowLogAlone: 27,
} as const;

/** Limits of one claimed file. */
export const fileLimits = {
  /**
   * Files up to this size pass through the buffer of their thread; larger ones spill to an unlinked temporary file. With
   * 16 MiB the reading process had 20 MiB more at its peak, and was no faster (measured).
   */
  bufferedBytesMax: 4 * MiB,
  /** Files up to this size are given to analyzers as one buffer. */
  inMemoryBytesMax: 16 * MiB,
  spilledBytesMax: 1 * GiB,
  /** One `read` of a claimed file. */
  readBytesMax: 16 * MiB,
  detailCharactersMax: 400,
} as const;

/** Limits of one image and of what describes it. */
export const imageLimits = {
  layersMax: 1024,
  tarBytesMax: 20 * GiB,
  manifestBytesMax: 4 * MiB,
  configBytesMax: 8 * MiB,
  jsonDepthMax: 200,
  /** Members and elements: an empty object takes twenty times its two bytes, and 64 MiB of them the memory of the process. */
  jsonValuesMax: 3_000_000,
  indexDepthMax: 4,
  manifestsPerIndexMax: 1000,
  tagsMax: 1000,
  historyEntriesMax: 4096,
} as const;

/** Limits of SBOMs that are attached to an image in its registry. */
export const attachedSbomLimits = {
  /** The SBOM of an image with 20,000 packages and their files has 30 MB; it is parsed in one piece. */
  bytesMax: 64 * MiB,
  /** Of all documents that are fetched for one image. */
  allBytesMax: 128 * MiB,
  /** Manifests that are tried, and blobs that are fetched in all. */
  documentsMax: 8,
  componentsMax: 100_000,
  /** Then the layers are read instead. */
  searchMs: 5 * 60_000,
  subjectsMax: 10_000,
} as const;

/** Limits of an archive that holds images (`docker save`, OCI layout in a tar). */
export const archiveLimits = {
  entriesMax: 100_000,
  /** All JSON documents of a streamed archive that are kept in memory until the end. */
  documentBytesMax: 64 * MiB,
  /** Symbolic links inside the archive (podman's layer.tar). */
  linkHopsMax: 40,
  imagesMax: 1000,
} as const;

/** Limits of a folder read as a root file system. */
export const directoryLimits = {
  entriesMax: 1_200_000,
  depthMax: 256,
} as const;

/** Limits of the reading child process. */
export const readerLimits = {
  layersAtOnce: 2,
  /** Stored bytes of all layers up to which they are read one after another: a second lane's start takes as long. */
  oneLaneBytesMax: 4 * MiB,
  /** Measured: 95-165 MB on ordinary images; a package database above its ordinary size may take it to this. */
  rssBytesMax: 1 * GiB,
  threadHeapMiB: 512,
  threadYoungHeapMiB: 4,
  /** Of the main thread: the same as `threadYoungHeapMiB`, which counts three of them. */
  semiSpaceMiB: 1,
  cpuMs: 120_000,
  /** Wall time for an image whose layers are files. */
  wallMs: 600_000,
  /** Wall time where layers come over a network: the source has its own stall limits. */
  streamedWallMs: 3_600_000,
  standardErrorBytesMax: 16 * KiB,
  watchEveryMs: 50,
  /** The report of one layer as JSON; of ordinary ones with 2,000 packages it has less than 1 MiB. */
  reportCharsMax: 96 * MiB,
  /** All reports of one reading: they lie in the heap of the console or the command line. */
  reportsCharsMax: 192 * MiB,
  /** One frame on the pipe between the two processes. */
  frameBytesMax: 1 * MiB,
  readChunkBytes: 256 * KiB,
} as const;
