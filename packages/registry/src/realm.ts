import type { Fault } from '@hullcheck/core';
import { RegistryFault } from './fault.ts';

/** Where a challenge sends the client for a token, and whether the credentials may go there. */
export interface Realm {
  readonly url: URL;
  readonly takesCredentials: boolean;
  readonly reach: 'registry' | 'elsewhere';
}

/** Registries whose token server has another domain, exactly: registry host, token server host. */
const KNOWN_REALMS: readonly (readonly [string, string])[] = [
  ['registry.redhat.io', 'sso.redhat.com'],
  ['registry.access.redhat.com', 'sso.redhat.com'],
];

/**
 * Domains whose names belong to many owners: two hosts under one of these have nothing in common. What is missing here
 * lets a neighbour of a registry be taken for its owner, so hosting and dynamic names are listed widely.
 */
const SHARED_DOMAINS: ReadonlySet<string> = new Set(
  `
  aliyun.com aliyuncs.com amazonaws.com app.github.dev appdomain.cloud appspot.com awsapprunner.com azure.com
  azurecontainer.io azurecr.cn azurecr.io azurecr.us azurewebsites.net backblazeb2.com bitbucket.io
  clever-cloud.com cloud.goog cloudapp.net cloudflarestorage.com cloudfront.net cloudsmith.io code.run
  codeberg.page ddns.net deno.dev deno.net digitalocean.app digitaloceanspaces.com duckdns.org dyndns.org
  firebaseapp.com fly.dev freeddns.org github.io githubpreview.dev gitlab.io gitpod.io googleapis.com
  herokuapp.com hopto.org icr.io internet-box.ch jfrog.io koyeb.app linodeobjects.com loca.lt localtest.me lvh.me
  myds.me myfritz.net myhuaweicloud.com mynetgear.com myqcloud.com myqnapcloud.com netlify.app ngrok-free.app
  ngrok-free.dev ngrok.app ngrok.dev ngrok.io nip.io no-ip.org northflank.app ocir.io on.aws ondigitalocean.app
  onrender.com openshiftapps.com oraclecloud.com pages.dev pkg.dev platformsh.site quickconnect.to r2.dev
  railway.app repl.co replit.dev run.app scw.cloud selfhost.eu serveo.net sslip.io surge.sh synology.me
  tencentcs.com traefik.cloud traefik.me trafficmanager.net trycloudflare.com ts.net vercel.app vultrobjects.com
  wasabisys.com web.app windows.net workers.dev xip.io zapto.org
  `
    .trim()
    .split(/\s+/),
);

/**
 * Judges the realm of a Bearer challenge, which whoever answers for the registry chose freely (containers/image
 * CVE-2019-10214, distribution CVE-2026-33540). Credentials go to the registry's own host, to a host of the same owner over
 * https, or to an origin that the operator trusts; never over plain HTTP unless the registry itself was configured so.
 */
export function judgeRealm(text: string, registry: URL, trustedRealms: readonly string[]): Realm {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused('its address is not http or https', registry);
  }
  if (url.username !== '' || url.password !== '') throw refused('its address carries a user name', registry);
  if (url.protocol === 'http:' && registry.protocol === 'https:') throw refused('it does not use TLS', registry);
  url.hash = '';

  const isTrusted = trustedRealms.some((trusted) => URL.parse(trusted)?.origin === url.origin);
  const isSameHost = url.hostname === registry.hostname;
  const isSameOwner =
    url.protocol === 'https:' &&
    (sharesDomain(url.hostname, registry.hostname) ||
      KNOWN_REALMS.some(([host, realm]) => host === registry.hostname && realm === url.hostname));
  return {
    url,
    takesCredentials: isTrusted || isSameHost || isSameOwner,
    reach: isTrusted || isSameHost ? 'registry' : 'elsewhere',
  };
}

/** The fault for credentials that would have to leave for a host nobody vouched for. */
export function untrustedRealm(realm: URL, registry: URL): RegistryFault {
  return new RegistryFault(
    'authorization-failed',
    'REALM_REFUSED',
    `the registry names a token server on another host, ${realm.origin}, which gets no credential`,
    {
      place: registry.host,
      realm: realm.origin,
      hint: "If it is this registry's token server, an administrator allows exactly that address on the form of the connection.",
    },
  );
}

/** The fault for a token server that lies in a network which only somebody who vouches for it can open. */
export function unreachableRealm(realm: URL, refused: Fault): RegistryFault {
  return new RegistryFault(
    'address-refused',
    'ADDRESS_REFUSED',
    `the registry's token server is refused: ${refused.message}`,
    {
      place: realm.host,
      realm: realm.origin,
      ...(refused.hint === undefined ? {} : { hint: refused.hint }),
      cause: refused,
    },
  );
}

/**
 * Whether two host names have one owner, judged without a public suffix list and therefore narrowly: their common ending
 * has at least two labels and is no domain under which strangers get names.
 */
function sharesDomain(one: string, other: string): boolean {
  // Nor a name that ends with a dot: the root would count as a label, and `com.` as a domain that somebody owns.
  if ([one, other].some((name) => /^[0-9.]+$|:|\.\.|^\.|\.$/.test(name))) return false;
  const [left, right] = [one.split('.').toReversed(), other.split('.').toReversed()];
  const common: string[] = [];
  for (const [index, label] of left.entries()) {
    if (right[index] !== label) break;
    common.unshift(label);
  }
  if (common.length < 2 || SHARED_DOMAINS.has(common.join('.'))) return false;
  for (const shared of SHARED_DOMAINS) if (shared.endsWith(`.${common.join('.')}`)) return false;
  // Regional names such as `eu-west-1.amazonaws.com` are as shared as their parent.
  for (const shared of SHARED_DOMAINS) if (common.join('.').endsWith(`.${shared}`)) return false;
  const [second = '', top = ''] = common;
  // `id.au`, `me.uk`: a country's own second labels are short, and nobody lists them all.
  return !(common.length === 2 && top.length === 2 && second.length <= 3);
}

function refused(reason: string, registry: URL): RegistryFault {
  return new RegistryFault(
    'authorization-failed',
    'REALM_REFUSED',
    `the registry's token server is refused: ${reason}`,
    {
      place: registry.host,
    },
  );
}
