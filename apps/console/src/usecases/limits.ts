const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const uploadLimits = {
  /** As sent. */
  bytesMax: 5 * GiB,
  /** As stored, where the archive itself was compressed. */
  unpackedBytesMax: 20 * GiB,
  ratioMax: 200,
  ratioFreeBytes: 100 * MiB,
  imagesMax: 200,
  /** An upload must leave this much of the disk, or a tenth of it where that is less. */
  freeBytesMin: 5 * GiB,
} as const;

export const assessLimits = {
  beatEveryMs: 15_000,
  /** Opening an image at a registry that nobody configured: on a machine without a network this is waited for. */
  openPublicMs: 15_000,
  openMs: 60_000,
  /** How long a public registry that could not be reached is not asked again. */
  unreachableMs: 5 * 60_000,
  /** Until an agent that is asked is heard from: a heartbeat, up to a tenth late, and the report itself. */
  agentWantSeconds: 20 * 60,
  /** Since it was asked. It reads one image after the other, each for up to half an hour, and may have hundreds before this one. */
  agentHeldSecondsMax: 6 * 60 * 60,
  /** How long an image waits for a registry that limits requests before an agent that has it is asked, and in all. */
  agentAfterSeconds: 15 * 60,
  limitedSecondsMax: 7 * 24 * 60 * 60,
  /** Its wait where the registry names no time; an image that has waited long waits for this share of that, up to as much. */
  limitedSeconds: 15 * 60,
  limitedShare: 8,
  retrySeconds: 10,
  /** Of one whole attempt. */
  attemptMs: 2 * 60 * 60_000,
  /** Subjects in one step of judging again, and verdicts on them after which the step takes no more. */
  judgedAtOnce: 1_000,
  verdictsAtOnce: 20_000,
  /** Images that an upgrade derives anew in one transaction, and packages in them after which it takes no more. */
  derivedAtOnce: 200,
  derivedPackagesMax: 50_000,
  /** Images in the queue up to which others wait in it to be read again by newer readers. */
  rereadQueuedMax: 50,
  /** Images that are composed again at once because two readings of one of their layers differ. */
  alarmedImagesMax: 200,
} as const;

export const rematchLimits = {
  /** After a first failure; doubled by each further one. */
  againSeconds: 30,
  againSecondsMax: 60 * 60,
} as const;

export const clusterEnrollmentLimits = {
  /** Keys of different clusters that bear one name and come from one issuer. */
  keysOfOneNameMax: 20,
  /** The collector gathers changes for ten seconds and reports at most every thirty. */
  againMs: 20_000,
  /** From one change of what a collector says to the next: each is an entry of the audit log. */
  changeSeconds: 60,
  /** Agents on the word of one cluster: Kubernetes is made for 5,000 nodes, and some sell 15,000. Also bounds what a false word makes up. */
  nodesMax: 20_000,
} as const;

export const leverageLimits = {
  /** The ranked list is counted this often, where counting takes no more than one part in `share` of the time. */
  everySeconds: 15,
  share: 50,
  /** At least so long until it is tried again where counting failed; the share holds then as well. */
  failedMs: 60_000,
  keptMax: 100,
  updatesMax: 100,
  basesMax: 100,
  rebuildsMax: 100,
} as const;

export const syncLimits = {
  repositoriesMax: 20_000,
  /** Of one registry, wanted or not: names are kept to tell what is gone, and a list of lists has no end of its own. */
  listedMax: 200_000,
  tagsAtOnce: 4,
  runMs: 2 * 60 * 60_000,
  /** How long a reading that a limit ended waits, where the registry names no time; and at most where it names a whole window. */
  limitedMs: 60 * 60_000,
  /** Share of a limit of pulls that readings leave. */
  pullsLeftMin: 0.1,
  /** Per repository: what it had once is kept, the newest first. */
  goneTagsMax: 1_000,
  /** Images that are asked for in one transaction. */
  askedAtOnce: 500,
} as const;

export const feedLimits = {
  everySeconds: 24 * 60 * 60,
  /** Up to this share of the interval is added, so that not every console asks at the same minute. */
  jitter: 0.1,
  runMs: 60 * 60_000,
  progressEveryMs: 1_000,
  /** How long the thread that worked on a vulnerability database waits for its next task. */
  threadIdleMs: 30_000,
} as const;

/** Second holders of images that an agent read. */
export const checkLimits = {
  askedMax: 100,
  triedMax: 3,
  /** A heartbeat, what it reads before, then the reading itself. */
  wantSeconds: 90 * 60,
  lookAgainSeconds: 10 * 60,
} as const;

export const agentReportLimits = {
  nextReportSeconds: 15 * 60,
  /** While it reads: when it is through it comes by itself, and until then only what was cancelled is news for it. */
  nextWhileReadingSeconds: 30,
  /**
   * How soon it comes where it is likely to be asked: an eighth of how long its image has waited, and no less rarely than it reports
   * where something happens all the time.
   */
  soon: { leastSeconds: 5, share: 8, mostSeconds: 30, jobsMax: 100, retrySeconds: 30 },
  wantMax: 4,
  /** Layer reports of an agent up to which it may send some that nobody asked for. */
  unaskedLayersMax: 100,
  /** Images that are made in one transaction, which nobody else makes images beside. */
  imagesMadeAtOnce: 100,
  /** Digests of one image that its host does not say the kind of: an image is in as many registries. */
  repositoryDigestsMax: 20,
} as const;

/** Forgetting what a revoked agent read (revoke-agent.ts). */
export const revocationLimits = {
  /** Until whoever revokes is answered; a job goes on. */
  hereMs: 1_000,
  waitMs: 1_000,
  /** Of one step: some 15,000 packages. */
  imagesMax: 50,
  layersMax: 200,
} as const;
