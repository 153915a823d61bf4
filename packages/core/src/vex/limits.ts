/** Limits of VEX documents. The largest known ones are those of hubs: 32,000 statements in one file of 25 MB. */
export const vexLimits = {
  /** Bytes of one document. */
  bytesMax: 128 * 1024 * 1024,
  /** Statements of one document. */
  statementsMax: 500_000,
  /** Products and parts of all statements of one document together. */
  productsMax: 5_000_000,
  /** Nodes of the product tree of one CSAF document. */
  treeNodesMax: 500_000,
  /** UTF-16 code units of a name, a version or a place. */
  nameCharactersMax: 8192,
  /** UTF-16 code units of the words that an author adds to a statement. */
  noteCharactersMax: 1000,
  /** A package and all through which it may have come into the image: with more, no statement about one of those answers for it. */
  aboveMax: 256,
  /** Ways between those. */
  waysMax: 4096,
  /** What is kept beside the packages of one image of what its vendors' statements are held against, in UTF-16 units of JSON. */
  contextsCharactersMax: 64 * 1024 * 1024,
  /** Names of one vulnerability, product or part. */
  namesMax: 1000,
  /** A longer text is not searched for the place of its fault: one string of 100 million characters exhausts the stack of the expression. */
  placedCharactersMax: 4_000_000,
} as const;
