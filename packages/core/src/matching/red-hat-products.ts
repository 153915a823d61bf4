/** `rhel-9-for-x86_64-appstream-eus-rpms__9_DOT_2`: a stream of extended support, with its minor release. */
const EXTENDED =
  /^rhel-(\d{1,2})-for-[a-z0-9_]+-[a-z0-9-]+?-(eus-long-life|eus|e4s|aus|tus)-[a-z0-9-]*rpms__(\d{1,2})_DOT_(\d{1,2})$/;
/** `rhocp-4.16-for-rhel-9-x86_64-rpms`, `rhel-7-server-ose-4.6-rpms`. */
const OPENSHIFT = /^(?:rhocp-(\d{1,2}\.\d{1,2})-for-rhel-\d|rhel-\d{1,2}-server-ose-(\d{1,2}\.\d{1,2})-rpms$)/;
/** Release 7 after its end, for those who pay. */
const LIFE_CYCLE = /^rhel-7-(?:server|for-[a-z0-9_]+)-els-(?:[a-z-]+-)?rpms$/;
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
    const [, major = '', stream = '', , minor = ''] = extended;
    const product = stream.replaceAll('-', '_');
    // From release 10 on, the product of extended support is named after the one it extends.
    return [Number(major) < 10 ? `rhel_${product}:${major}.${minor}` : `enterprise_linux_${product}:${major}.${minor}`];
  }
  if (LIFE_CYCLE.test(name)) return ['rhel_els:7'];
  const openshift = OPENSHIFT.exec(name);
  const version = openshift?.[1] ?? openshift?.[2];
  // What is not fixed yet is filed under the major version alone.
  return version === undefined ? [] : [`openshift:${version.split('.', 1)[0]}`, `openshift:${version}`];
}
