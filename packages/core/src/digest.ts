/** A content digest, `algorithm:hex`, checked at the border by {@link parseDigest}. */
export type Digest = string & { readonly __digest: true };

/** What a digest hashes. One image has several; joins never go by tag, and an index never identifies one image. */
export type DigestKind = 'config' | 'manifest' | 'index';

/** A digest as it was observed, with the repository in which it was seen (`null` for a local store). */
export interface TypedDigest {
  readonly kind: DigestKind;
  readonly digest: Digest;
  readonly repository: string | null;
}

const PATTERN = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** The text as a digest, or undefined. Never used unvalidated as a path or a key (containers/image CVE-2024-3727). */
export function parseDigest(text: string): Digest | undefined {
  return PATTERN.test(text) ? (text as Digest) : undefined;
}
