/** Bounds on package lists that users hand in: SBOMs and files of purls. */
export const packageListLimits = {
  /** An SBOM of 300,000 components is about this size. */
  fileBytesMax: 256 * 1024 * 1024,
  componentsMax: 500_000,
  /** Nesting of CycloneDX components; walked without recursion. */
  depthMax: 64,
  /** Relations that a document may state between its components. */
  needsMax: 2_000_000,
  /** What can't be judged or read, one by one; then they are counted. */
  problemsMax: 5_000,
  /** UTF-16 code units of an operating system's name or version. */
  systemCharactersMax: 200,
  lineCharactersMax: 8_192,
} as const;
