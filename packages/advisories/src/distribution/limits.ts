/** Bounds of what a registry, a console or a file may make us read when a database comes from there. */
const MIB = 1024 * 1024;

/** A packed database of all upstream feeds is below 150 MiB. */
export const PACKED_BYTES_MAX = 1024 * MIB;
/** A whole download, however steadily it drips. */
export const PULL_MS_MAX = 3_600_000;
/** What cosign signs of an artifact is some 250 bytes. */
export const PAYLOAD_BYTES_MAX = 64 * 1024;
/** Signatures of one artifact that are looked at: one per key that signed, and again at each signing. */
export const SIGNATURES_MAX = 32;
export const SIGNATURE_CHARACTERS_MAX = 2048;
/** Keys of one file: the present one and, while a key is being replaced, its successor. */
export const PUBLIC_KEYS_MAX = 8;
/** The console's answer on its database, with a line for each feed. */
export const CONSOLE_STATUS_BYTES_MAX = 4 * MIB;
/** Interrupted downloads from a console that are picked up one after another without bringing `RESUME_BYTES_MIN` each. */
export const RESUMES_MAX = 5;
export const RESUME_BYTES_MIN = MIB;
/** Packed changes of one step; a larger one is no shorter way than the whole database. */
export const DELTA_BYTES_MAX = 64 * MIB;
/** Unpacked: one step of all feeds of the mirror that were read anew has 300 MiB. */
export const DELTA_UNPACKED_BYTES_MAX = 1024 * MIB;
/** One advisory with all that it says. */
export const DELTA_LINE_BYTES_MAX = 64 * MIB;
/** Steps that are taken one after another before the whole database is the shorter way. */
export const DELTA_STEPS_MAX = 30;
