/** Why one file, package, layer or feed could not be read. The list is closed: users and tests branch on it. */
export type ProblemCode =
  | 'unreadable' // bytes that are not what the name promises
  | 'truncated'
  | 'limit-exceeded' // a named limit of limits.ts; the detail names it
  | 'unsupported' // a format or version of a format that is not read yet
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'layer-missing' // foreign, not distributed or absent from the archive
  | 'crashed' // the reading process ended
  | 'timed-out'
  | 'undetermined-version' // a version that its scheme cannot parse
  | 'no-operating-system'
  | 'unsupported-operating-system'
  | 'advisories-missing' // an ecosystem with no advisory source
  | 'advisories-excerpt'
  | 'advisories-old'
  | 'release-ended' // the distribution looks at no new flaw of it any more
  | 'differs-between-readers'
  | 'stated-by-sbom'; // nobody read the layers: somebody states what is in them

/** A value, not an exception: something could not be read and the assessment is partial because of it. */
export interface Problem {
  readonly code: ProblemCode;
  /** Path inside the image, the archive or the feed; null where the whole thing is meant. */
  readonly path: string | null;
  /** diffID of the layer, where one is meant. */
  readonly layer: string | null;
  /** One sentence that names what was found and what was expected. Control characters already made visible. */
  readonly detail: string;
}
