import { languageMatcher } from '../language-matcher.ts';

/**
 * Packages by the address of their repository without protocol and `.git`: advisories write `github.com/vapor/vapor` and
 * `https://github.com/vapor/vapor.git` for the same one, and hosts find it in any case.
 */
export const swift = languageMatcher('swift', 2, (pkg) => (pkg.type === 'swift' ? swiftName(pkg.name) : null));

/** The form in which a Swift package's address is compared. */
export function swiftName(address: string): string {
  const plain = address.toLowerCase().replace(/^[a-z]{1,10}:\/\//, '');
  return plain.replace(/\/$/, '').replace(/\.git$/, '');
}
