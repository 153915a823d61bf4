import type { Report, SupportNote } from '../../assessment.ts';
import type { Executables, Package } from '../../package.ts';
import { formatPurl } from '../../purl/index.ts';
import type { ReportFormat } from '../format.ts';
import { printableJson } from '../printable.ts';
import { contentHash } from './content-hash.ts';
import { vulnerabilitiesOf } from './vulnerabilities.ts';

/** CycloneDX 1.6 as JSON: what is in the image, with the findings where the image was judged. https://cyclonedx.org/docs/1.6/json/ */
export const cyclonedx: ReportFormat = {
  id: 'cyclonedx',
  mediaType: 'application/vnd.cyclonedx+json; version=1.6',
  fileExtension: 'cdx.json',
  *render(report) {
    const content = toDocument(report);
    // Equal content gives an equal serial number, other content another: no clock, no chance.
    const { bomFormat, specVersion, ...rest } = content;
    const serialNumber = `urn:uuid:${uuidOf(contentHash(JSON.stringify(content)))}`;
    yield `${printableJson({ $schema: SCHEMA, bomFormat, specVersion, serialNumber, version: 1, ...rest })}\n`;
  },
};

const SCHEMA = 'http://cyclonedx.org/schema/bom-1.6.schema.json';
const ROOT = 'image';
const SYSTEM = 'operating-system';

/** Problems that say something of the package list itself, not of how it was judged. */
const OF_THE_JUDGEMENT = /^(?:advisories-|undetermined-version$|no-operating-system$|release-ended$)/;

function toDocument(report: Report) {
  const refs = refsOf(report.packages);
  const support = new Map((report.assessment.support ?? []).map((note) => [note.purl, note]));
  const components = [
    ...(report.image.os === null ? [] : [systemComponent(report.image.os)]),
    ...report.packages.map((pkg, at) => component(pkg, refs[at] ?? pkg.purl, support.get(pkg.purl))),
  ];
  const isIncomplete = report.assessment.problems.some((problem) => !OF_THE_JUDGEMENT.test(problem.code));
  const names = components.map((one) => one['bom-ref']);
  const vulnerabilities = vulnerabilitiesOf(report, refs);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: {
      tools: { components: [{ type: 'application', name: report.tool.name, version: report.tool.version }] },
      component: imageComponent(report),
    },
    components,
    dependencies: dependenciesOf(names, refs, report),
    ...(isIncomplete ? { compositions: [{ aggregate: 'incomplete', assemblies: [ROOT] }] } : {}),
    ...(vulnerabilities.length > 0 ? { vulnerabilities } : {}),
  };
}

/** The image needs all; a package what its files state. Each place of a package has the same relations, to the first place of each other. */
function dependenciesOf(names: readonly string[], refs: readonly string[], report: Report) {
  const firstRefs = new Map<string, string>();
  for (const [at, { purl }] of report.packages.entries()) {
    if (!firstRefs.has(purl)) firstRefs.set(purl, refs[at] ?? purl);
  }
  const needs = new Map<string, string[]>();
  for (const { from, to } of report.relations ?? []) {
    const ref = firstRefs.get(to);
    if (ref === undefined) continue;
    const list = needs.get(from);
    if (list === undefined) needs.set(from, [ref]);
    else list.push(ref);
  }
  const purlOf = new Map(report.packages.map(({ purl }, at) => [refs[at] ?? purl, purl]));
  return [
    { ref: ROOT, dependsOn: names },
    ...names.map((ref) => {
      const dependsOn = needs.get(purlOf.get(ref) ?? '');
      return dependsOn === undefined ? { ref } : { ref, dependsOn };
    }),
  ];
}

/** A reference per package, each once: the purl, and for the same purl at a further place a number. */
function refsOf(packages: readonly Package[]): readonly string[] {
  const seen = new Map<string, number>([
    [ROOT, 1],
    [SYSTEM, 1],
  ]);
  return packages.map(({ purl }) => {
    const before = seen.get(purl) ?? 0;
    seen.set(purl, before + 1);
    return before === 0 ? purl : `${purl}#${before + 1}`;
  });
}

function imageComponent({ image, assessment, database }: Report) {
  const executables = assessment.confidence?.executables ?? null;
  const ended = assessment.problems.filter(({ code }) => code === 'release-ended');
  const manifest = image.digests.find((one) => one.kind === 'manifest' && one.repository !== null);
  const repository = manifest?.repository ?? null;
  const purl =
    manifest === undefined || repository === null
      ? null
      : formatPurl({
          type: 'oci',
          name: repository.slice(repository.lastIndexOf('/') + 1),
          version: manifest.digest,
          qualifiers: { repository_url: repository },
        });
  return {
    type: 'container',
    'bom-ref': ROOT,
    name: image.name,
    ...(image.id === null ? {} : { version: image.id }),
    ...(purl === null ? {} : { purl }),
    properties: [
      ...property('image:id', image.id),
      ...property('image:platform', image.platform),
      ...image.tags.flatMap((tag) => property('image:tag', tag)),
      ...image.layers.flatMap((layer) => property('image:layer', layer.diffId)),
      ...(executables === null ? [] : executableProperties(executables)),
      // A list of packages was not judged, and has no state.
      ...property('assessment:state', database === null ? null : assessment.state),
      ...ended.flatMap(({ detail }) => property('assessment:release-ended', detail)),
    ],
  };
}

function executableProperties({ files, bytes, unclaimed }: Executables) {
  return [
    ...property('executables:files', String(files)),
    ...property('executables:bytes', String(bytes)),
    ...property('executables:unclaimed:files', String(unclaimed.files)),
    ...property('executables:unclaimed:bytes', String(unclaimed.bytes)),
  ];
}

function systemComponent(os: NonNullable<Report['image']['os']>) {
  const properties = [
    ...property('support:until', os.endOfLife),
    ...property('support:extended-until', os.extendedEndOfLife ?? null),
  ];
  return {
    type: 'operating-system',
    'bom-ref': SYSTEM,
    name: os.id,
    version: os.version,
    description: os.name,
    ...(properties.length === 0 ? {} : { properties }),
  };
}

function component(pkg: Package, ref: string, support: SupportNote | undefined) {
  const scope = pkg.type === 'npm' ? /^(@[^/]+)\/(.+)$/.exec(pkg.name) : null;
  return {
    type: pkg.type === 'generic' ? 'application' : 'library',
    'bom-ref': ref,
    ...(scope?.[1] === undefined ? {} : { group: scope[1] }),
    name: scope?.[2] ?? pkg.name,
    version: pkg.version,
    // By name: what images state is free text, and only a list of SPDX allows `id`.
    ...(pkg.licenses.length === 0 ? {} : { licenses: pkg.licenses.map((name) => ({ license: { name } })) }),
    ...(pkg.cpes?.[0] === undefined ? {} : { cpe: pkg.cpes[0] }),
    purl: pkg.purl,
    properties: [
      ...property('layer', pkg.layer),
      ...pkg.paths.flatMap((path) => property('path', path)),
      ...property('source:name', pkg.source?.name ?? null),
      ...property('source:version', pkg.source?.version ?? null),
      ...property(
        'distribution',
        pkg.distribution === null ? null : `${pkg.distribution.id}:${pkg.distribution.release}`,
      ),
      ...property('owned-by', pkg.ownedBy),
      ...(support === undefined ? [] : supportProperties(support)),
    ],
  };
}

/** Its flaws may stay, and new ones may go unnamed: who reads the list alone has no other sign of it. */
function supportProperties({ status, since, subject, extendedUntil }: SupportNote) {
  return [
    ...property('support:status', status),
    ...property('support:since', since),
    ...property('support:of', subject),
    ...property('support:extended-until', extendedUntil),
  ];
}

function property(name: string, value: string | null): readonly { readonly name: string; readonly value: string }[] {
  return value === null ? [] : [{ name: `hullcheck:${name}`, value }];
}

/** RFC 9562, version 8: free content with version and variant in their places. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
