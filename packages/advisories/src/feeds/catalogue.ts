import { almalinuxOsv } from './almalinux-osv/index.ts';
import { alpineSecdb } from './alpine-secdb/index.ts';
import { amazonUpdateinfo } from './amazon-updateinfo/index.ts';
import { archAvg } from './arch-avg/index.ts';
import { azurelinuxOval } from './azurelinux-oval/index.ts';
import { bitnamiVulndb } from './bitnami-vulndb/index.ts';
import { chainguardSecdb } from './chainguard-secdb/index.ts';
import { cisaKev } from './cisa-kev/index.ts';
import { cpanCpansa } from './cpan-cpansa/index.ts';
import { cveMetadata } from './cve-metadata/index.ts';
import { cveRecords } from './cve-records/index.ts';
import { cveVulnrichment } from './cve-vulnrichment/index.ts';
import { debianSecuritySupport } from './debian-security-support/index.ts';
import { debianTracker } from './debian-tracker/index.ts';
import { dhiVex } from './dhi-vex/index.ts';
import { endoflife } from './endoflife/index.ts';
import { epss } from './epss/index.ts';
import { exploitdbMapping } from './exploitdb-mapping/index.ts';
import { fedoraUpdates } from './fedora-updates/index.ts';
import type { Feed } from './feed.ts';
import { ghsa } from './ghsa/index.ts';
import { gitlabAdvisories } from './gitlab-advisories/index.ts';
import { goVulndb } from './go-vulndb/index.ts';
import { haskellHsec } from './haskell-hsec/index.ts';
import { k8sOfficialCve } from './k8s-official-cve/index.ts';
import { metasploitModules } from './metasploit-modules/index.ts';
import { nodejsSecurityWg } from './nodejs-security-wg/index.ts';
import { nucleiCves } from './nuclei-cves/index.ts';
import { nvdCve } from './nvd-cve/index.ts';
import { nvdDataOverrides } from './nvd-data-overrides/index.ts';
import { oracleOval } from './oracle-oval/index.ts';
import { osvCran } from './osv-cran/index.ts';
import { osvCrates } from './osv-crates/index.ts';
import { osvGo } from './osv-go/index.ts';
import { osvHex } from './osv-hex/index.ts';
import { osvJulia } from './osv-julia/index.ts';
import { osvMaven } from './osv-maven/index.ts';
import { osvNpm } from './osv-npm/index.ts';
import { osvNuget } from './osv-nuget/index.ts';
import { osvPackagist } from './osv-packagist/index.ts';
import { osvPub } from './osv-pub/index.ts';
import { osvRubygems } from './osv-rubygems/index.ts';
import { osvSwift } from './osv-swift/index.ts';
import { photonCve } from './photon-cve/index.ts';
import { phpFriendsofphp } from './php-friendsofphp/index.ts';
import { pypiPypa } from './pypi-pypa/index.ts';
import { rancherVexhub } from './rancher-vexhub/index.ts';
import { redhatCsafVex } from './redhat-csaf-vex/index.ts';
import { redhatOval } from './redhat-oval/index.ts';
import { rockyOsv } from './rocky-osv/index.ts';
import { rubyRubysec } from './ruby-rubysec/index.ts';
import { rustRustsec } from './rust-rustsec/index.ts';
import { suseOval } from './suse-oval/index.ts';
import { ubuntuCveTracker } from './ubuntu-cve-tracker/index.ts';
import { ubuntuOsv } from './ubuntu-osv/index.ts';
import { ubuntuVex } from './ubuntu-vex/index.ts';
import { wolfiSecdb } from './wolfi-secdb/index.ts';

/** Every feed, by id. */
export const feedCatalogue: readonly Feed[] = [
  almalinuxOsv,
  alpineSecdb,
  amazonUpdateinfo,
  archAvg,
  azurelinuxOval,
  bitnamiVulndb,
  chainguardSecdb,
  cisaKev,
  cpanCpansa,
  cveMetadata,
  cveRecords,
  cveVulnrichment,
  debianSecuritySupport,
  debianTracker,
  dhiVex,
  endoflife,
  epss,
  exploitdbMapping,
  fedoraUpdates,
  ghsa,
  gitlabAdvisories,
  goVulndb,
  haskellHsec,
  k8sOfficialCve,
  metasploitModules,
  nodejsSecurityWg,
  nucleiCves,
  nvdCve,
  nvdDataOverrides,
  oracleOval,
  osvCran,
  osvCrates,
  osvGo,
  osvHex,
  osvJulia,
  osvMaven,
  osvNpm,
  osvNuget,
  osvPackagist,
  osvPub,
  osvRubygems,
  osvSwift,
  photonCve,
  phpFriendsofphp,
  pypiPypa,
  rancherVexhub,
  redhatCsafVex,
  redhatOval,
  rockyOsv,
  rubyRubysec,
  rustRustsec,
  suseOval,
  ubuntuCveTracker,
  ubuntuOsv,
  ubuntuVex,
  wolfiSecdb,
];

/** Whether some vendor whose statements are read answers for this product (`vendorProductKey`). */
export function isVendorProduct(product: string): boolean {
  return feedCatalogue.some((feed) => feed.answersFor?.(product) === true);
}
