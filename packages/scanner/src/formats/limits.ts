/** Bounds on what the format readers allocate or follow, whatever a header says. */
export const limits = {
  readChunkBytes: 1024 * 1024,
  elfSectionsMax: 4096,
  elfSegmentsMax: 1024,
  elfSectionNamesBytesMax: 1024 * 1024,
  peOptionalHeaderBytesMax: 1024,
  peSectionsMax: 512,
  /** Entries of one folder of a program's resources. */
  peResourceEntriesMax: 4096,
  peVersionInfoBytesMax: 64 * 1024,
  peVersionBlocksMax: 64,
  /** Fewer than 45, where the versions of Java classes begin. */
  machoArchitecturesMax: 32,
  machoCommandsBytesMax: 4 * 1024 * 1024,
  machoSectionsMax: 4096,
  /** Text of one program's list of crates, inflated. cargo-auditable's own reader stops there too. */
  rustAuditBytesMax: 8 * 1024 * 1024,
  rustCratesMax: 20_000,
  wasmSectionsMax: 10_000,
  wasmNameBytesMax: 256,
  /** How far into the first writable segment the Go build information is looked for, as debug/buildinfo does. */
  goBuildInfoScanBytesMax: 1024 * 1024,
  goVersionBytesMax: 1024,
  goModulesBytesMax: 8 * 1024 * 1024,
  goModulesMax: 20_000,
  /** One value of a package database: an rpm header. Those of the largest packages (kernel-devel, texlive) have a few MiB. */
  databaseRecordBytesMax: 32 * 1024 * 1024,
  /** Levels of a table's b-tree, as SQLite's own cursors have at most. */
  sqliteDepthMax: 20,
  sqliteRecordHeaderBytesMax: 4096,
  /** Rows and pages of a schema; an rpm database has about 50. */
  sqliteSchemaRowsMax: 5000,
  /** Pages of package slots in an ndb database, 256 slots each. */
  ndbSlotPagesMax: 2048,
  /** As rpm itself refuses above. */
  rpmHeaderEntriesMax: 65_535,
  rpmHeaderStringsMax: 2_000_000,
  /** Nesting of arrays and tables in a TOML document. */
  tomlDepthMax: 200,
  /** Nesting of a lock file in YAML; those of pub, CocoaPods and Stack have five levels. */
  yamlDepthMax: 64,
  /** White space that a quoted YAML scalar skips at the beginning of a line. */
  yamlIndentMax: 1024,
} as const;
