/** How long and how often a feed's server may keep us. */
export const REDIRECTS_MAX = 5;
export const ATTEMPTS_MAX = 3;
export const RETRY_DELAY_MS = 1000;
export const HEADERS_TIMEOUT_MS = 30_000;
/** Between two pieces of a body. */
export const BODY_IDLE_TIMEOUT_MS = 30_000;
/** An unfinished download that nobody has written to for this long belongs to nobody: longer than the idle timeout. */
export const ABANDONED_AFTER_MS = 60_000;
