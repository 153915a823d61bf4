/** Bounds on what feeds may send. A feed is foreign bytes like an image: its server, its mirror or its archive may lie. */

const MIB = 1024 * 1024;

/** One download or one file of a mirror. The largest real one today, Debian's tracker, is 75 MB. */
export const FEED_FILE_BYTES_MAX = 512 * MIB;
/** All bytes that one compressed file may unpack to, read as a stream: the CVE list has 2 GB in one archive and grows by a fifth a year. */
export const UNPACKED_BYTES_MAX = 6144 * MIB;
/** 2^24 bytes: what the mirror's archives are made with; a frame that asks for more is refused before it is allocated. */
export const ZSTD_WINDOW_LOG_MAX = 24;
/** One entry of an archive, one JSON member, one document: held in memory at once. */
export const RECORD_BYTES_MAX = 64 * MIB;
/** Folders count as well: GitHub's advisory database has one for each of some 300,000 records. */
export const ARCHIVE_ENTRIES_MAX = 2_000_000;
/** A tar's pax or long-name header (Go CVE-2022-2879: unbounded there). */
export const TAR_HEADER_BYTES_MAX = MIB;
export const ARCHIVE_PATH_BYTES_MAX = 4096;
/** The central directory of a zip, held in memory. */
export const ZIP_DIRECTORY_BYTES_MAX = 128 * MIB;
/** How much of a zip is read at once. */
export const ZIP_WINDOW_BYTES = 4 * MIB;
/** One line or one quoted field of a CSV file. */
export const CSV_FIELD_BYTES_MAX = MIB;
export const CSV_FIELDS_MAX = 64;
export const JSON_DEPTH_MAX = 64;
export const YAML_ALIASES_MAX = 100;
export const XML_DEPTH_MAX = 64;
/** Elements of one record. Oracle's and SUSE's largest, of kernels, have some ten thousand. */
export const XML_NODES_MAX = 200_000;
/** Text of one element that is kept: facts are short, descriptions are prose that nobody keeps. */
export const XML_TEXT_CHARACTERS_MAX = 4096;
/** Tests, objects and states of one OVAL document, held in memory at once. Oracle's largest year has 150,000. */
export const OVAL_TESTS_MAX = 2_000_000;
/** Ranges and listed versions of one affected package. */
export const RANGES_MAX = 1000;
export const VERSIONS_MAX = 50_000;
/** MANIFEST.json of a mirror. */
export const MANIFEST_BYTES_MAX = 16 * MIB;
