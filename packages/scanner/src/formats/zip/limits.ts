const KiB = 1024;
const MiB = 1024 * KiB;

/** Bounds on what the ZIP reader reads, keeps and inflates, whatever a header says. */
export const zipLimits = {
  /** Entries that one central directory may list; hadoop-client-minicluster, among the largest jars published, has 20,170. */
  entriesMax: 200_000,
  directoryBytesMax: 64 * MiB,
  nameBytesMax: 4096,
  /** Entries of one archive that a caller may ask for. */
  wantedMax: 50_000,
  /** End records that are looked at: a comment full of their signature would cost one read of the directory each. */
  endRecordsMax: 16,
  /** Different faults that one archive reports. */
  faultsMax: 8,
  /** Deflate cannot do better than 1032:1, https://zlib.net/zlib_tech.html: sizes beyond it are a lie. */
  deflateRatioMax: 1032,
  /** Inflated to compressed bytes of an archive inside an archive, looked at above `ratioFreeBytes`. */
  ratioMax: 200,
  ratioFreeBytes: 16 * MiB,
  /** An archive inside an archive up to this size lies in memory while it is read; a larger one is inflated again for each pass. */
  innerInMemoryBytesMax: 8 * MiB,
  /** How much of the end of a large inflated archive stays in memory: there its directory is. */
  innerTailBytes: 2 * MiB,
  /** How far back from where inflating stands a read may go without starting over. */
  innerWindowBytes: 256 * KiB,
  readChunkBytes: 64 * KiB,
  inflateChunkBytes: 64 * KiB,
} as const;
