/** The four answers of VEX. https://www.cisa.gov/resources-tools/resources/minimum-requirements-vulnerability-exploitability-exchange-vex */
export const VEX_STATUSES = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
export type VexStatus = (typeof VEX_STATUSES)[number];

/** What a statement is about. */
export interface VexProduct {
  /** Purls, image references or digests; any of them names it. */
  readonly names: readonly string[];
  /** Ranges (`vers:npm/>=1|<2`) or exact versions, any of which must hold; absent where the names say all. */
  readonly versions?: readonly string[];
  /**
   * The parts of the product of which alone it speaks, each with its names; null: of the whole product. Parts that nobody can
   * recognise still restrict it, so a list is never dropped.
   */
  readonly parts: readonly (readonly string[])[] | null;
}

/** One answer to one vulnerability, whatever format it was written in. Foreign text throughout. */
export interface VexStatement {
  /** Id and aliases. */
  readonly vulnerability: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  /** The format's own word: `vulnerable_code_not_present`, `code_not_reachable`. */
  readonly justification: string | null;
  /** What the author adds in words. */
  readonly note: string | null;
  /** RFC 3339, of the statement or else of its document; null where neither has any. */
  readonly at: string | null;
  /** File or feed. */
  readonly source: string;
  /** Where in it: `statements[3]`. */
  readonly place: string;
}

/** A place of a document that is not what its format promises. `path` as in {@link VexStatement.place}. */
export interface VexFlaw {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

export interface VexDocument {
  readonly format: 'openvex' | 'cyclonedx' | 'csaf';
  /** In the order of the document. */
  readonly statements: readonly VexStatement[];
  /** Statements that could not be read, each once. */
  readonly flaws: readonly VexFlaw[];
}

/** `statements[3].products[0]` */
export function placeWords(path: readonly (string | number)[]): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${step}`)).join('');
}
