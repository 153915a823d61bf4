import { limits as analyzerLimits } from '../analyzers/limits.ts';

/** Bounds on reports, which may come from a database column or another machine. */
export const limits = {
  /** As POSIX systems follow at most. */
  linkHopsMax: 40,
  /** Names that following links may put on one path's way: 40 links of 2000 names each are an attack on the CPU. */
  linkSegmentsMax: 1024,
  pathCharsMax: 4096,
  problemsMax: 5000,
  /** Executables that an inventory names of those that nothing explains; they are counted all. */
  unclaimedListedMax: 10,
  /** Which package needs which, of one image; one of 3000 Debian packages has some 20,000. As analyzers stop at. */
  relationsMax: analyzerLimits.relationsMax,
  /** Beginnings of paths that one executable is compared with. */
  installedBeginningsMax: 1000,
} as const;
