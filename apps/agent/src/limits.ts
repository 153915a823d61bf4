/** Answers of an engine that the privileged half reads to take secrets out, in bytes. */
export const answerBytesMax = 16 * 1024 * 1024;
export const listBytesMax = 512 * 1024 * 1024;
export const elementBytesMax = 4 * 1024 * 1024;
export const listElementsMax = 100_000;

/** Bytes of answers, and of texts made of them, after which a half collects its garbage. */
export const answersUntilTidyBytes = 512 * 1024;
export const textsUntilTidyBytes = 512 * 1024;

/** A heap of no host: beyond it so much of it is handled before garbage is collected. */
export const tidyHeapBytes = 64 * 1024 * 1024;
export const tidyHeapShare = 0.25;

/** Requests of the network half that the privileged half serves at the same time. */
export const socketConnectionsMax = 64;
/** Engines that a report may name (contract: `runtimes`). */
export const runtimesMax = 100;
/** How long a list of the host's engines stays good. */
export const runtimesFreshMs = 15_000;

/** Containers or images inspected at the same time, and asked for at once: their ids are one request of the other half. */
export const inspectionsAtOnce = 4;
export const inspectionsPerRequest = 50;
/** Silence of an engine that is asked for one of many. */
export const inspectionIdleMs = 10_000;
/** Texts that are packed as one. */
export const packedTextCharacters = 64 * 1024;

/**
 * Containers that changed and are inspected again for one report: where 500 a second start and stop, that is a tenth of a core. The
 * rest follows with the next report, after `reportGapMs`.
 */
export const reinspectionsMax = 1_000;

/** How long containers and images are inspected before the first report: it is not to wait for thousands of them. */
export const firstInspectMs = 1_000;
/** Labels of one image or container. */
export const labelsMax = 500;

/** Changes are gathered for this long before they are reported. */
export const debounceMs = 10_000;
/** Reports are at least this far apart, unless the console asks for one. */
export const reportGapMs = 30_000;
/** The console's wish for the next report is taken within these bounds. */
export const nextReportMsMin = 2_000;
export const nextReportMsMax = 3_600_000;
/** Every so often everything is reported, so that no lost change lives longer. */
export const fullReportMs = 24 * 3_600_000;
export const retryMsMin = 2_000;
export const retryMsMax = 300_000;
/** How long a node's agent tries again while the console knows no cluster that signed its token: the collector starts at the same time. */
export const refusedMsMax = 300_000;

/** Containers of one report: of a cluster some 30 MB, below what is kept on disk and what the console takes. */
export const containersPerReport = 50_000;

/** One unsent report on disk, in bytes; it is replaced, never added to. */
export const spoolBytesMax = 64 * 1024 * 1024;
export const consoleAnswerBytesMax = 16 * 1024 * 1024;
/** Silence of the console. */
export const consoleTimeoutMs = 60_000;
/** From the connection to the end of its TLS handshake: thousands that come back together wait for each other's. */
export const consoleHandshakeMs = 60_000;
/** One call in all: a spool of 64 MiB over a slow line, but no answer that drips for days. */
export const consoleCallMs = 15 * 60_000;
/** Of the memory that a cluster's collector may have, what its inventory may take; at least as much as of a host, and at most this. */
export const clusterHeapShare = 0.7;
export const clusterHeapMaxMb = 4_096;
export const keyFileBytesMax = 64 * 1024;

/** Images asked for in one answer that are read before the next report. */
export const readingsMax = 200;
export const readingTimeoutMs = 30 * 60_000;

/** A collector's registry: how often it is looked at, how soon after a look that failed, and what of it. */
export const registryLookMs = 15 * 60_000;
export const registryRetryMs = 60_000;
/** How often it is asked when tags were pushed, where none came or went. */
export const registryDatesMs = 60 * 60_000;
export const registryTagsMax = 100_000;
export const registryImagesMax = 50_000;
/** A cluster's keys: how often they are looked at, and after how long they are told again though nothing changed. */
export const clusterLookMs = 5 * 60_000;
export const clusterToldMs = 3_600_000;
/** A credential from the other half: a helper program may ask somebody. */
export const secretAnswerMs = 60_000;
