/** How long and how often a feed's server may keep us. */
export const REDIRECTS_MAX = 5;
export const ATTEMPTS_MAX = 3;
export const RETRY_DELAY_MS = 1000;
/** One file in all, however steadily it drips; what has arrived is kept for the next attempt. */
export const DOWNLOAD_MS_MAX = 3_600_000;
/** An unfinished download that nobody has written to for this long belongs to nobody: longer than a connection may be silent (30 s). */
export const ABANDONED_AFTER_MS = 60_000;
/** A text that only says where files are: a mirror list, the index of a repository. */
export const POINTER_BYTES_MAX = 1024 * 1024;
