/** Bounds on reports, which may come from a database column or another machine. */
export const limits = {
  /** As POSIX systems follow at most. */
  linkHopsMax: 40,
  pathCharsMax: 4096,
  problemsMax: 5000,
} as const;
