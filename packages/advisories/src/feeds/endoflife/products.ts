import { formatPurl, type PackageSupport, parsePurl, type SupportLine } from '@hullcheck/core';
import { isWebUrl, shown, toDay } from '../facts.ts';

/** What both forms of endoflife.date (product files and API) say of one product. */
export interface Product {
  readonly title: string;
  /** Purls and CPEs. */
  readonly identifiers: readonly string[];
  readonly releases: readonly {
    readonly cycle: string;
    /** A day, or whether it has ended (product files are read as texts: `true`); undefined where nothing is said. */
    readonly ended: string | boolean | null | undefined;
    readonly extended: string | boolean | null | undefined;
  }[];
  readonly link: string | null;
}

/** Packages of these are built by distributions, which care for them on their own terms, or are no packages of an image. */
const OTHERS: ReadonlySet<string> = new Set([
  'alpm',
  'apk',
  'brew',
  'chocolatey',
  'deb',
  'docker',
  'github',
  'oci',
  'rpm',
  'scoop',
  'snap',
  'swid',
  'winget',
]);

/** Under which keys of `supportKeysOf` (core) the product is found: a purl without version, `cpe:vendor:product`. */
export function productKeys(identifiers: readonly string[]): readonly string[] {
  return [...new Set(identifiers.flatMap((text) => purlKey(text) ?? cpeKey(text) ?? []))];
}

function purlKey(text: string): string | undefined {
  const purl = parsePurl(text);
  if (purl === undefined || OTHERS.has(purl.type)) return undefined;
  return formatPurl({ type: purl.type, namespace: purl.namespace, name: purl.name });
}

/** `cpe:2.3:a:nodejs:node.js` or the older `cpe:/a:nodejs:node.js`; operating systems and devices are not asked for. */
function cpeKey(text: string): string | undefined {
  const [, vendor, product] = /^cpe:(?:2\.3:|\/)a:([^:*]{1,200}):([^:*]{1,200})/i.exec(text) ?? [];
  if (vendor === undefined || product === undefined) return undefined;
  return `cpe:${`${vendor}:${product}`.replace(/\\(.)/g, '$1').toLowerCase()}`;
}

/** Only lines that begin a version (`3.8`); `lts` or `esr-115` compare with nothing. */
export function productSupport(key: string, { title, releases, link }: Product): PackageSupport {
  const lines = releases.flatMap(({ cycle, ended, extended }): SupportLine[] => {
    if (!/^\d{1,9}(?:\.\d{1,9}){0,4}$/.test(cycle)) return [];
    const from = typeof ended === 'string' ? toDay(ended) : null;
    return [
      {
        covers: cycle,
        status: from !== null || ended === true || ended === 'true' ? 'ended' : 'supported',
        from,
        extended: typeof extended === 'string' ? toDay(extended) : null,
        reference: link !== null && isWebUrl(link) ? link : null,
      },
    ];
  });
  return { key, title: shown(title), lines };
}
