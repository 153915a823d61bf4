import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { feedCatalogue } from '../feeds/catalogue.ts';

// Which test holds the advisories of a feed to their bounds: introduced, just below the fix, at it, last affected, several ranges,
// pre-releases, withdrawn, as far as the feed has them, answered by another program than ours.

/** By feed, the test; below `src`. */
const HELD: Readonly<Record<string, string>> = {
  // Snapshots, read a second time by Python and compared by rpm, dpkg, packaging, Composer, semver, RubyGems, Perl.
  'almalinux-osv': 'database/boundaries.real.test.ts',
  'alpine-secdb': 'database/boundaries-apk.real.test.ts',
  'azurelinux-oval': 'feeds/rpm-feeds.real.test.ts',
  'bitnami-vulndb': 'database/boundaries.real.test.ts',
  'cpan-cpansa': 'feeds/cpan-cpansa/parse.real.test.ts',
  // Its announcements; its table in core/src/assess.real.test.ts.
  'debian-tracker': 'database/boundaries.real.test.ts',
  'go-vulndb': 'database/judged.real.test.ts',
  'haskell-hsec': 'database/boundaries-languages.real.test.ts',
  'k8s-official-cve': 'database/boundaries-languages.real.test.ts',
  'nodejs-security-wg': 'database/judged.real.test.ts',
  'nvd-data-overrides': 'feeds/nvd-data-overrides/nvd-data-overrides.real.test.ts',
  'php-friendsofphp': 'database/boundaries-languages.real.test.ts',
  'pypi-pypa': 'database/boundaries-languages.real.test.ts',
  // Documents of each kind.
  'redhat-csaf-vex': 'feeds/red-hat-bounds.real.test.ts',
  'redhat-oval': 'feeds/red-hat-bounds.real.test.ts',
  'ruby-rubysec': 'feeds/language-feeds.real.test.ts',
  'rust-rustsec': 'database/boundaries.real.test.ts',
  'ubuntu-cve-tracker': 'database/boundaries.real.test.ts',
  // Names the newest build only, which the tracker outweighs.
  'ubuntu-vex': 'feeds/ubuntu-vex/ubuntu-vex.test.ts',
  // Records in the feed's form, with versions that the ecosystem's tool put in order.
  ...heldBy(
    'database/boundaries-distributions.test.ts',
    'amazon-updateinfo arch-avg chainguard-secdb fedora-updates oracle-oval photon-cve rocky-osv suse-oval ubuntu-osv wolfi-secdb',
  ),
  ...heldBy(
    'database/boundaries-languages.test.ts',
    `ghsa gitlab-advisories nvd-cve osv-cran osv-crates osv-go osv-hex osv-julia osv-maven osv-npm osv-nuget osv-packagist osv-pub
    osv-rubygems osv-swift`,
  ),
};

/** Facts about CVE ids, dates of support, and statements on products without ranges. */
const WITHOUT_RANGES = new Set(
  `cisa-kev cve-metadata cve-records cve-vulnrichment debian-security-support dhi-vex endoflife epss exploitdb-mapping
  metasploit-modules nuclei-cves rancher-vexhub`.split(/\s+/),
);

test.each(feedCatalogue.map(({ id }) => id).filter((id) => !WITHOUT_RANGES.has(id)))('%s', (id) => {
  const text = readFileSync(new URL(`../${HELD[id]}`, import.meta.url), 'utf8');
  const symbol = id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  expect([id, symbol].some((name) => text.includes(name))).toBe(true);
});

function heldBy(test: string, ids: string): Readonly<Record<string, string>> {
  return Object.fromEntries(ids.split(/\s+/).map((id) => [id, test]));
}
