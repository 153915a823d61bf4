import type { AdvisoryStatus, AffectedPackage } from '@hullcheck/core';
import { isCveId, isWebUrl } from '../facts.ts';
import type { OvalDialect } from '../oval-criteria.ts';
import { joinArchitectures } from '../oval-criteria.ts';
import { type OvalIdentity, urgencyOf } from '../oval-items.ts';
import type { Platform } from '../red-hat-platform.ts';
import { childrenOf, findChild, type XmlElement } from '../xml.ts';
import { platformsOf } from './streams.ts';

/**
 * The release is asked for by the version of the package that brought `/etc/redhat-release`; documents of before 2020 ask the
 * package itself. https://www.redhat.com/en/blog/how-accurately-match-oval-security-data-installed-rpms
 */
export const DIALECT: OvalDialect = {
  ecosystem: null,
  nameKind: 'binary',
  presence: true,
  releaseOf: (name, state, comment) =>
    /^redhat-release(?:-(?:client|computenode|server|workstation|coreos))?$/.test(name) && !state.signed
      ? releaseOf(state.version?.value, comment)
      : undefined,
  releaseOfFile: ({ version }, comment) => (version === null ? undefined : releaseOf(version.value, comment)),
};

/** Null: of a release that is not RHEL's (Red Hat CoreOS). */
function releaseOf(pattern: string | undefined, comment: string): string | null | undefined {
  const said = /^Red Hat (Enterprise Linux|CoreOS) (\d{1,2}) is installed$/.exec(comment);
  if (said !== null) return said[1] === 'CoreOS' ? null : `rhel:${said[2]}`;
  // The pattern (`^8[^\d]`) says the same in a form that is harder to read.
  const major = /^\^(\d{1,2})(?:\[|\\|$)/.exec(pattern ?? '')?.[1];
  return major === undefined ? undefined : `rhel:${major}`;
}

const KINDS = /^oval:com\.redhat\.(rhsa|rhba|rhea|cve|unaffected):def:\d{8,16}$/;

/** An erratum with every CVE that it fixes; or one CVE with what is not fixed, or not affected. */
export function identify(definition: XmlElement, metadata: XmlElement | undefined): OvalIdentity {
  const kind = KINDS.exec(definition.attributes.get('id') ?? '')?.[1];
  const references = childrenOf(metadata, 'reference');
  const named = references.map((reference) => reference.attributes.get('ref_id') ?? '');
  const advisory = findChild(metadata, 'advisory');
  const listed = childrenOf(advisory, 'cve');
  const cves = [...new Set([...named, ...listed.map(({ text }) => text)].filter(isCveId))].sort();
  const [cve] = cves;
  const isErratum = kind === 'rhsa' || kind === 'rhba' || kind === 'rhea';
  const erratum = named.find((name) => /^RH[SBE]A-\d{4}:\d{1,6}$/.test(name));
  const id = isErratum ? erratum : cves.length === 1 ? cve : undefined;
  const refused =
    kind === undefined
      ? 'is of no kind that is known'
      : cve === undefined
        ? 'names no CVE'
        : isErratum
          ? 'names no erratum'
          : 'is about several CVEs at once';
  const urls = references.map((reference) => reference.attributes.get('ref_url') ?? '').filter(isWebUrl);
  const single = cves.length === 1 ? listed.find(({ text }) => text === cve) : undefined;
  return {
    id: id === undefined || cve === undefined ? { refused } : id,
    aliases: cves.filter((one) => one !== id),
    references: urls
      .filter((url) => url.startsWith('https://access.redhat.com/'))
      .slice(0, 8)
      .map((url) => ({ source: 'redhat', url })),
    // The impact of the flaw itself may be less than the erratum's, which is its worst.
    urgency: urgencyOf(single?.attributes.get('impact') ?? findChild(advisory, 'severity')?.text),
    published: findChild(advisory, 'issued')?.attributes.get('date') ?? null,
    modified: findChild(advisory, 'updated')?.attributes.get('date') ?? null,
    cvss: ['cvss4', 'cvss3', 'cvss2'].flatMap((attribute) => vectorOf(single?.attributes.get(attribute))),
    categories: [...new Set((single?.attributes.get('cwe') ?? '').match(/\bCWE-\d{1,5}\b/g) ?? [])].slice(0, 8),
  };
}

/** `7.5/CVSS:3.1/AV:N/…`: the score, then the vector. */
function vectorOf(text: string | undefined): OvalIdentity['cvss'] & object {
  const vector = /^\d{1,2}(?:\.\d)?\/((?:CVSS:[34]\.\d\/)?[A-Za-z:/]{10,200})$/.exec(text ?? '')?.[1];
  return vector === undefined ? [] : [{ vector, source: 'redhat-oval' }];
}

/** What `<resolution state>` says, by which Red Hat tells whether there will be an update. */
const STATES: ReadonlyMap<string, AdvisoryStatus> = new Map([
  ['affected', 'affected'],
  ['fix deferred', 'affected'],
  ['will not fix', 'will-not-fix'],
  ['out of support scope', 'will-not-fix'],
  ['under investigation', 'under-investigation'],
]);

/** For one document: what its definitions say by state and by CPE. */
export function refineFor(
  document: string,
): (affected: readonly AffectedPackage[], definition: XmlElement) => readonly AffectedPackage[] {
  return (affected, definition) => {
    const advisory = findChild(findChild(definition, 'metadata'), 'advisory');
    const cpes = childrenOf(findChild(advisory, 'affected_cpe_list'), 'cpe').map(({ text }) => text);
    const platforms = platformsOf(cpes, document);
    const status = statusFor(definition, advisory);
    return joinArchitectures(
      affected
        // Debug information is in no image, and named beside every package.
        .filter(({ name }) => !/-debug(?:info|source)$/.test(name))
        .flatMap((entry) => ofPlatforms({ ...entry, status: status(entry) }, platforms)),
    );
  };
}

function statusFor(
  definition: XmlElement,
  advisory: XmlElement | undefined,
): (entry: AffectedPackage) => AdvisoryStatus {
  const kind = KINDS.exec(definition.attributes.get('id') ?? '')?.[1];
  if (kind === 'unaffected') return ({ status }) => (status === 'affected' ? 'not-affected' : status);
  if (kind !== 'cve') return ({ status }) => status;
  const states = new Map<string, AdvisoryStatus>();
  for (const resolution of childrenOf(findChild(advisory, 'affected'), 'resolution')) {
    const word = resolution.attributes.get('state')?.trim().toLowerCase() ?? '';
    // A word that Red Hat has not used so far.
    const status = STATES.get(word) ?? 'undetermined';
    for (const { text } of childrenOf(resolution, 'component')) states.set(text, status);
  }
  return ({ name, module, status }) => {
    if (status !== 'affected') return status;
    return (module === undefined ? undefined : states.get(`${module}/${name}`)) ?? states.get(name) ?? status;
  };
}

/** One entry for each product that the definition is of, where the release is one that the product has. */
function ofPlatforms(entry: AffectedPackage, platforms: readonly Platform[]): readonly AffectedPackage[] {
  const products = new Set(
    platforms.filter(({ ecosystems }) => ecosystems.includes(entry.ecosystem)).map(({ product }) => product),
  );
  return [...products].map((product) => (product === null ? entry : { ...entry, product }));
}
