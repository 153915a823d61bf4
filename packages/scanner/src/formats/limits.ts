/** Bounds on what the format readers allocate or follow, whatever a header says. */
export const limits = {
  readChunkBytes: 1024 * 1024,
  elfSectionsMax: 4096,
  elfSegmentsMax: 1024,
  elfSectionNamesBytesMax: 1024 * 1024,
  /** How far into the first writable segment the Go build information is looked for, as debug/buildinfo does. */
  goBuildInfoScanBytesMax: 1024 * 1024,
  goVersionBytesMax: 1024,
  goModulesBytesMax: 8 * 1024 * 1024,
  goModulesMax: 20_000,
} as const;
