/**
 * `rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2`, `codeready-builder-for-rhel-8-x86_64-eus-rpms__8_DOT_4`, `rhel-7-server-eus-rpms__7_DOT_6__x86_64`,
 * `rhel-ha-for-rhel-7-server-e4s-rpms__7_DOT_4__x86_64`: a stream of extended support, with its minor release, or of all of a release's
 * at once (`rhel-9-for-x86_64-appstream-eus-rpms`). Products built on one (SAP on RHEL 7, OpenStack, Directory Server) have names of the
 * same form and CPEs of their own. Held against the 10,039 repositories of packages in the file of 2025-02-12.
 */
const EXTENDED =
  /^(?!.*-(?:openstack|rhscl)-)(?:rhel-|codeready-builder-for-rhel-|rhel-(?:ha|lb|rs|sfs)-for-rhel-|rhel-hpc-node-)(\d{1,2})-(?:[a-z0-9_]+-)*?(eus-long-life|eus|e4s|aus|tus)-(?:[a-z]+-)*rpms(?:__(\d{1,2})_DOT_(\d{1,2}))?(?:__[a-z0-9_]+)?$/;
/** `rhocp-4.16-for-rhel-9-x86_64-rpms`, `rhel-7-server-ose-4.6-rpms`. */
const OPENSHIFT = /^(?:rhocp-(\d{1,2}\.\d{1,2})-for-rhel-\d|rhel-\d{1,2}-server-ose-(\d{1,2}\.\d{1,2})-rpms$)/;
/** `rhel-7-server-els-rpms`, `rhel-6-for-system-z-els-optional-rpms__s390x`: a release after its end, for those who pay. */
const LIFE_CYCLE =
  /^rhel-([4-7])-(?:as|es|server|for-[a-z-]{1,12}?)-(?:extended-|retired-)?els-(?:[a-z]+-)*rpms(?:__[a-z0-9_]+)?$/;
/** Longer names are none of Red Hat's; the patterns stay cheap on foreign text. */
const NAME_CHARACTERS_MAX = 200;

/**
 * The products whose advisories decide for packages of these repositories, in code-unit order: the CPEs of Red Hat's
 * repository-to-cpe.json without vendor and channel, because its guide tells scanners to compare product and version only.
 * The repositories of a major release stand for no product of their own: its advisories hold anyway. A name that says
 * nothing here leaves the package to its major release.
 * https://redhatproductsecurity.github.io/security-data-guidelines/
 */
export function redHatProducts(contentSets: readonly string[]): readonly string[] {
  const products = new Set<string>();
  for (const name of contentSets) for (const product of productsOf(name)) products.add(product);
  return [...products].sort();
}

function productsOf(name: string): readonly string[] {
  if (name.length > NAME_CHARACTERS_MAX) return [];
  const extended = EXTENDED.exec(name);
  if (extended !== null) {
    const [, major = '', stream = '', , minor] = extended;
    const product = stream.replaceAll('-', '_');
    // The file names the streams one by one, and those of EUS for each of the longer ones that go on from them.
    if (minor === undefined) return [...new Set(['eus', product])].map((one) => streamOf(one, major, '*'));
    return [streamOf(product, major, minor)];
  }
  const ended = LIFE_CYCLE.exec(name)?.[1];
  if (ended !== undefined) return [`rhel_els:${ended}`];
  const openshift = OPENSHIFT.exec(name);
  const version = openshift?.[1] ?? openshift?.[2];
  // What is not fixed yet is filed under the major version alone.
  return version === undefined ? [] : [`openshift:${version.split('.', 1)[0]}`, `openshift:${version}`];
}

/** From release 10 on, the product of extended support is named after the one it extends. */
function streamOf(product: string, major: string, minor: string): string {
  return Number(major) < 10 ? `rhel_${product}:${major}.${minor}` : `enterprise_linux_${product}:${major}.${minor}`;
}

/** Whether an advisory's product is one of those; `rhel_eus:9.*` stands for every minor release. */
export function isOneOf(products: ReadonlySet<string>, product: string): boolean {
  return products.has(product) || products.has(product.replace(/\.\d{1,2}$/, '.*'));
}
