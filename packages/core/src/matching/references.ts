import type { Finding } from '../finding.ts';
import type { VulnerabilityGroup } from './groups.ts';
import type { Matchable } from './matcher.ts';

type Reference = Finding['references'][number];

/** References of one finding; a kernel advisory can name hundreds. */
const REFERENCES_MAX = 40;

/** Where each kind of id has its own page. An id is checked against its form before it becomes part of an address. */
const PAGES: readonly { readonly id: RegExp; readonly source: string; readonly url: string }[] = [
  { id: /^CVE-[0-9]{4}-[0-9]{4,}$/, source: 'cve', url: 'https://www.cve.org/CVERecord?id=' },
  { id: /^GHSA(?:-[0-9a-z]{4}){3}$/, source: 'github', url: 'https://github.com/advisories/' },
  { id: /^GO-[0-9]{4}-[0-9]{4,}$/, source: 'go', url: 'https://pkg.go.dev/vuln/' },
  { id: /^RUSTSEC-[0-9]{4}-[0-9]{4}$/, source: 'rustsec', url: 'https://rustsec.org/advisories/' },
  {
    id: /^(?:PYSEC|MAL|RSEC|JLSEC|HSEC|EEF-CVE)-[0-9]{4}-[0-9]+$/,
    source: 'osv',
    url: 'https://osv.dev/vulnerability/',
  },
];

/** A distribution's own page about a CVE: the first thing to read on its package. */
const TRACKERS: ReadonlyMap<string, string> = new Map([
  ['debian', 'https://security-tracker.debian.org/tracker/'],
  ['alpine', 'https://security.alpinelinux.org/vuln/'],
  ['ubuntu', 'https://ubuntu.com/security/'],
]);

/** The distribution's page, the pages of the ids, then what the advisories name, by address. */
export function referencesOf(subject: Matchable, group: VulnerabilityGroup): readonly Reference[] {
  const named = group.advisories.flatMap((advisory) => advisory.references).sort((a, b) => (a.url < b.url ? -1 : 1));
  const byUrl = new Map<string, Reference>();
  for (const reference of [...pagesOf(subject, group), ...named]) {
    if (isWebAddress(reference.url) && !byUrl.has(reference.url)) byUrl.set(reference.url, reference);
  }
  return [...byUrl.values()].slice(0, REFERENCES_MAX);
}

function* pagesOf(subject: Matchable, { id, aliases }: VulnerabilityGroup): Generator<Reference> {
  const distribution = subject.distribution?.id ?? '';
  const tracker = TRACKERS.get(distribution);
  if (tracker !== undefined && /^CVE-[0-9-]+$/.test(id)) yield { source: distribution, url: tracker + id };
  for (const name of [id, ...aliases]) {
    const page = PAGES.find((one) => one.id.test(name));
    if (page !== undefined) yield { source: page.source, url: page.url + name };
  }
}

/** Only what a browser may follow: a feed is foreign text. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s"<>\\]+$/.test(url);
}
