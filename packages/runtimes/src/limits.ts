/** Bounds of what a container engine may make this client read or wait for. */

export const connectTimeoutMs = 5_000;
/** Listing thousands of containers takes an engine seconds. */
export const listTimeoutMs = 60_000;
export const answerTimeoutMs = 30_000;
/** Silence inside an export; engines gather a layer before they send it. */
export const exportIdleTimeoutMs = 120_000;

export const answerBytesMax = 16 * 1024 * 1024;
export const listBytesMax = 512 * 1024 * 1024;
/** One image or container of a list, or one event. */
export const elementBytesMax = 4 * 1024 * 1024;
export const listElementsMax = 100_000;
export const errorBytesMax = 64 * 1024;

/**
 * How long events are left to gather before they are read: at hundreds a second one wakeup for many. Docker holds 1,024 events for who
 * is slow and delays what happens after that, so it is short.
 */
export const eventGatherMs = 200;

/** Text of one label, name or command as it is handed on, in characters. */
export const textCharactersMax = 20_000;

/** One gRPC message. Engines' own default is 16 MiB, and 5,000 containers with their specifications have 40. */
export const messageBytesMax = 64 * 1024 * 1024;
export const messageDepthMax = 16;
export const messageEntriesMax = 200_000;

/** An index, a manifest or a configuration in a content store. */
export const documentBytesMax = 8 * 1024 * 1024;
/** Indexes in indexes. */
export const indexDepthMax = 4;
export const manifestsPerIndexMax = 1_000;
export const layersMax = 2_048;
/** Documents of images that are read at the same time, of containers inspected. */
export const readsAtOnce = 10;
export const namespacesMax = 100;
/** How often a runtime that tells no events is looked at. */
export const pollMs = 20_000;
/**
 * Kubernetes: a page of pods is some 2 MB, a pod at most etcd's 1.5 MB, and clusters hold at most 150,000 of them. A page of the
 * largest pods is below `clusterListBytesMax`, so that nobody who may make pods can keep a cluster from being listed.
 */
export const clusterPageSize = 80;
export const clusterPagesMax = 6_000;
export const clusterListBytesMax = 128 * 1024 * 1024;
export const clusterObjectBytesMax = 4 * 1024 * 1024;
/** Public keys of a cluster's service accounts: one, and a few while they are replaced. */
export const issuerKeysMax = 20;
export const podsMax = 300_000;
export const nodesMax = 20_000;
export const podContainersMax = 1_000;
export const ownersMax = 300_000;
/** Of one list: pods, or what owns them. */
export const listedObjectsMax = 500_000;
export const credentialBytesMax = 1024 * 1024;
/** The server ends a watch after this long, so that a dead connection is noticed; silence beyond it is one. */
export const watchSeconds = 300;
export const watchIdleMs = (watchSeconds + 60) * 1000;
/** A server that ends every watch at once is not asked in a tight loop. */
export const watchGapMs = 1_000;
/** Between tries to list a cluster whose API failed. */
export const followRetryMsMin = 2_000;
export const followRetryMsMax = 5 * 60_000;
