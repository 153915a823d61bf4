const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Bounds on what is taken from one Java archive and all archives inside it, and from build files. */
export const javaLimits = {
  /** Archives within each other, the file itself counted: a jar in a war in an ear in a zip has four. */
  archiveDepthMax: 5,
  archivesPerFileMax: 10_000,
  /** Entries of all archives of one file: archives that share their data may list the same thousands again and again. */
  entriesPerFileMax: 2_000_000,
  /** Place of an archive inside the file. */
  innerPathCharsMax: 1024,
  /** Sizes of all archives inside one file. */
  innerBytesMax: 1 * GiB,
  /** Work: what is inflated for one file, passes over large inner archives that start over included. */
  inflatedBytesMax: 3 * GiB,
  manifestBytesMax: 4 * MiB,
  manifestValueCharsMax: 4096,
  pomPropertiesBytesMax: 64 * KiB,
  pomBytesMax: 1 * MiB,
  /** All manifests, pom.xml and pom.properties of one file and the archives inside it. */
  textBytesMax: 64 * MiB,
  dependenciesPerPomMax: 5000,
  /** Names that all poms of one file may say they need: properties make long names of short texts. */
  needsPerFileMax: 20_000,
  idCharsMax: 256,
  propertiesPerPomMax: 5000,
  /** Replacements of `${…}` in one value, so that properties may name properties. */
  interpolationRoundsMax: 10,
  interpolatedCharsMax: 4096,
  problemsPerFileMax: 100,
  hashChunkBytes: 64 * KiB,
  fileNameCharsMax: 256,
} as const;
