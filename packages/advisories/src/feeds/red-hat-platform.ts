/** Where Red Hat ships a component: releases of RHEL, and the product beside them where it is not RHEL itself. */
export interface Platform {
  /** `rhel:9`. */
  readonly ecosystems: readonly string[];
  /** `rhel_eus:9.2`, `openshift:4.16`; null for the release itself. */
  readonly product: string | null;
}

/**
 * By product and version of a CPE: the channel behind them (`::appstream`) is what Red Hat's guide tells to leave out, but for
 * the release of RHEL that layered products write there. Products that no content set stands for are not ours to judge.
 * https://redhatproductsecurity.github.io/security-data-guidelines/
 */
export function toPlatform(cpe: string | undefined): Platform | undefined {
  const match = /^cpe:\/[ao]:redhat:([a-z0-9_]+):([0-9.]+)(?:[:*]*:([a-z0-9_]+))?/.exec(cpe ?? '');
  if (match === null) return undefined;
  const [, product = '', version = '', channel] = match;
  const major = version.split('.', 1)[0] ?? '';
  if (product === 'enterprise_linux') return { ecosystems: [`rhel:${major}`], product: null };
  if (
    /^rhel_(?:eus|eus_long_life|e4s|aus|tus|els)$|^enterprise_linux_(?:eus|e4s|aus|tus|eus_long_life)$/.test(product)
  ) {
    return { ecosystems: [`rhel:${major}`], product: `${product}:${version}` };
  }
  if (product !== 'openshift') return undefined;
  const release = /^el(\d{1,2})$/.exec(channel ?? '')?.[1];
  // What is not fixed names no release of RHEL: the fourth version came on these.
  const releases = release === undefined ? ['7', '8', '9'] : [release];
  return { ecosystems: releases.map((one) => `rhel:${one}`), product: `openshift:${version}` };
}
