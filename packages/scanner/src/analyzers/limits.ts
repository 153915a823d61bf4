/** Bounds on what an analyzer takes from foreign bytes. A value above its limit becomes a Problem that names the limit. */
export const limits = {
  /** dpkg's status, apk's installed: the whole package database of an image. */
  packageDatabaseBytesMax: 256 * 1024 * 1024,
  lockFileBytesMax: 64 * 1024 * 1024,
  /** package.json, os-release, list files and other small text. */
  textFileBytesMax: 16 * 1024 * 1024,
  /** Headers of a Python METADATA file; the description below them is never read. */
  metadataHeaderBytesMax: 1024 * 1024,
  /** How far into a copyright file licences are looked for. */
  copyrightBytesMax: 1024 * 1024,
  lineBytesMax: 1024 * 1024,
  packagesPerFileMax: 100_000,
  /** Packages that one package of a file may say it needs. */
  needsPerPackageMax: 5000,
  /** All the dependencies that one lock file may state between its packages. */
  needsPerFileMax: 1_000_000,
  /** Parts of one requirement: `>= 1`, `< 3`. */
  requirementPartsMax: 16,
  /** An environment marker of a Python dependency, and how deep its parentheses nest. */
  markerCharsMax: 4096,
  markerDepthMax: 32,
  /** Other files that one requirements file may include. */
  includesPerFileMax: 100,
  /** Installed versions of one package among which the one that a dependency means is looked for. */
  versionsPerNameMax: 64,
  /** Gems that lock files take from one revision of a git repository; Rails has 13. */
  gemsPerRepositoryMax: 256,
  /** A gemspec; those of large gems that list all their files have a few hundred kilobytes. */
  gemspecBytesMax: 4 * 1024 * 1024,
  /** Owned paths that one package database or list file may leave in the evidence. */
  ownedPathsPerFileMax: 200_000,
  /** Names that the packages of one database require or provide, together. A desktop of 3000 packages has 300,000. */
  relationNamesPerFileMax: 1_000_000,
  /**
   * Relations between the packages of one image. Ten megabytes of names that each meet eight packages would be gigabytes of
   * relations, made where no limit of the reading process holds.
   */
  relationsMax: 1_000_000,
  /** Pages and rows of a package table that are kept to put it together with its write-ahead log. */
  tableEntriesPerFileMax: 300_000,
  contentSetsPerFileMax: 1000,
  /** Qualifiers of one package, and one's value: an address of a repository is the longest. */
  qualifiersMax: 8,
  qualifierCharsMax: 512,
  /** Nesting of dependencies in a version 1 package-lock.json. */
  lockDepthMax: 200,
  nameCharsMax: 512,
  versionCharsMax: 512,
  pathCharsMax: 4096,
  licenseCharsMax: 256,
  licensesPerPackageMax: 32,
  osFieldCharsMax: 256,
  /** An SBOM in the image; one of 20,000 components has about this size. */
  sbomBytesMax: 32 * 1024 * 1024,
  purlCharsMax: 2048,
  cpeCharsMax: 512,
  cpesPerPackageMax: 16,
  /** How far into a program its own version is looked for; browsers have a quarter of a gigabyte. */
  programSearchBytesMax: 512 * 1024 * 1024,
  /** What a pattern sees of a program at once, and by how much two windows overlap. */
  programStatementBytesMax: 1024,
  /** Places of one program that look like the beginning of a version statement. */
  programAnchorsMax: 10_000,
  /** Files that state the version of what lies around them (`release`, `VERSION`). */
  versionDocumentBytesMax: 64 * 1024,
} as const;
