const SBOM_FOLDERS = /^(?:opt\/docker\/sbom|usr\/share\/sbom|usr\/local\/share\/sbom|var\/lib\/db\/sbom)\//;
const CERTAIN = /\.(?:cdx|spdx|bom|sbom)\.json$|(?:^|\/)sbom\.json$/;
/** Names of Java's and JavaScript's plugins for CycloneDX; other files are called so too. */
const LIKELY = /(?:^|\/)bom\.json$/;
/** Wheels describe what they carry. https://peps.python.org/pep-0770/ */
const WHEEL_FOLDER = /\.dist-info\/sboms\/[^/]+\.json$/;
/** Projects that read SBOMs carry some to test themselves with, and those describe nothing in the image. */
const EXAMPLES = /(?:^|\/)(?:tests?|testdata|test-fixtures|__tests__|fixtures|examples?)\//;

/** By its path: `certain` files are broken if they hold no SBOM, `likely` ones may be something else. */
export function sbomKind(path: string): 'certain' | 'likely' | undefined {
  // vcpkg describes each port it installs in a file of its own, which is read as that.
  if (EXAMPLES.test(path) || path.endsWith('/vcpkg.spdx.json')) return undefined;
  if (CERTAIN.test(path) || WHEEL_FOLDER.test(path)) return 'certain';
  if (LIKELY.test(path) || (SBOM_FOLDERS.test(path) && path.endsWith('.json'))) return 'likely';
  return undefined;
}
