/** Bounds of everything that a registry, which is a foreign machine, may make this client read, send or wait for. */

/** Hops of one request; the fifth redirect is refused (section 1.6 of the registry specification). */
export const redirectsMax = 5;

/** Requests of one operation in all: retries, redirects, token requests and resumed blobs together. */
export const operationRequestsMax = 30;

/** Tries of one request that ends in 408, 429, 5xx or a broken connection. */
export const triesMax = 4;

/** What an operation waits for retries in sum; a registry that asks for more gets `rate-limited` with the time to come back. */
export const retryWaitMsMax = 20_000;

/** A `Retry-After` beyond this is cut: no registry decides that a connection rests for days. */
export const retryAfterMsMax = 15 * 60_000;

/**
 * To one host. More than the blobs that are open at once (two read, one opened ahead) and a token request for each: a
 * request that waited for a connection which only its own end frees would wait for ever.
 */
export const connectionsMax = 8;
export const connectTimeoutMs = 10_000;
export const headersTimeoutMs = 30_000;
/** Silence between two chunks of a body. */
export const bodyIdleTimeoutMs = 30_000;
/** Whole time for a body that is held in memory: a slow drip can't hold a worker. */
export const smallBodyTimeoutMs = 60_000;

/** OCI distribution expects registries to accept 4 MiB; larger ones are refused (distribution CVE-2017-11468). */
export const manifestBytesMax = 4 * 1024 * 1024;
/** Of a configuration that a test of a connection follows; real ones have some KiB. */
export const configBytesMax = 4 * 1024 * 1024;
export const tokenBytesMax = 256 * 1024;
export const errorBytesMax = 64 * 1024;
export const listPageBytesMax = 8 * 1024 * 1024;

/** One blob whose size no manifest states, in bytes. */
export const blobBytesMax = 5 * 1024 * 1024 * 1024;
/** Broken streams of one blob that are picked up one after another without bringing `blobResumeBytesMin` each. */
export const blobResumesMax = 5;
/** A stream that brought this much before it broke does not count: a large layer over a bad line goes on, in `operationRequestsMax`. */
export const blobResumeBytesMin = 1024 * 1024;

/** Times that one blob is sent from its start before a registry that does not take it is given up. */
export const uploadTriesMax = 3;

export const listItemsMax = 100_000;
/** Asked for with `n=`; registries may give fewer. */
export const listPageItems = 1000;
/** After this many pages a listing must have brought `listItemsPerPageMin` new items a page: an endless trickle is an attack. */
export const listPagesFree = 25;
export const listItemsPerPageMin = 10;
/** Pages of a vendor's dates of one repository's tags; with more its newest are chosen by name. */
export const tagDatePagesMax = 60;
/** What a vendor says of a repository is kept for each of a list; the longest that people see of it. */
export const descriptionCharactersMax = 2_000;
/** Name of a next page: each is remembered, and a vendor's token for it stands in a body of `listPageBytesMax`. */
export const pageNameCharactersMax = 8_192;

/** Signatures and attestations of one manifest that are looked at. */
export const referrersMax = 200;

/** A token is used until this long before its end. */
export const tokenMarginMs = 10_000;
/** The distribution token specification's default where `expires_in` is absent. */
export const tokenLifeDefaultMs = 60_000;

/** For an answer of the machine's own cloud, which is a hop away or not there. */
export const metadataTimeoutMs = 3_000;

export const probeTimeoutMs = 15_000;

export const credentialFileBytesMax = 1024 * 1024;
export const credentialHelperTimeoutMs = 20_000;
export const credentialHelperBytesMax = 64 * 1024;
