import { fieldOf, type JsonObject, listOf, stringOf, toObject } from '../json/index.ts';
import type { SbomBounds, SbomComponent, SbomDocument, SbomResult } from './index.ts';

export function isSpdx2(document: JsonObject): boolean {
  return stringOf(document, 'spdxVersion')?.startsWith('SPDX-2') === true;
}

/** https://spdx.github.io/spdx-spec/v3.0.1/serializations/ */
export function isSpdx3(document: JsonObject): boolean {
  const context = fieldOf(document, '@context');
  return typeof context === 'string' && context.startsWith('https://spdx.org/rdf/3.');
}

const OPERATING_SYSTEM = /^OPERATING[-_]SYSTEM$/;
const NO_PACKAGES = new Set(['CONTAINER', 'FILE', 'OPERATING-SYSTEM', 'OPERATING_SYSTEM', 'DEVICE', 'FIRMWARE']);
const NO_LICENSE = new Set(['NOASSERTION', 'NONE', '']);

export function parseSpdx(document: JsonObject, bounds: SbomBounds): SbomResult {
  const packages = listOf(document, 'packages');
  if (packages.length > bounds.componentsMax) {
    return { fault: `the document lists more than ${bounds.componentsMax} packages`, code: 'limit-exceeded' };
  }
  const relationships = relationshipsOf(document, bounds);
  const sources = new Set(relationships.flatMap(({ type, to }) => (type === 'GENERATED_FROM' ? [to] : [])));
  const described = describedBy(document, relationships);
  const components: SbomComponent[] = [];
  const problems: SbomDocument['problems'][number][] = [];
  let operatingSystem: SbomDocument['operatingSystem'] = null;
  for (const [index, value] of packages.entries()) {
    const item = toObject(value);
    if (item === undefined) {
      problems.push({ code: 'unreadable', detail: `package ${index + 1} is not as SPDX describes one` });
      continue;
    }
    const purpose = stringOf(item, 'primaryPackagePurpose') ?? '';
    if (OPERATING_SYSTEM.test(purpose)) {
      operatingSystem ??= { name: stringOf(item, 'name') ?? '', version: stringOf(item, 'versionInfo') ?? '' };
    }
    const ref = stringOf(item, 'SPDXID') ?? null;
    // Sources that a package was built from are not in the image themselves.
    if (NO_PACKAGES.has(purpose) || (ref !== null && sources.has(ref))) continue;
    const component = toComponent(item, ref);
    // The application that a document is about is no part of what it lists, as in CycloneDX.
    const isSubject = component.purl === null && packages.length > 1 && ref !== null && described.has(ref);
    if (!isSubject) components.push(component);
  }
  const needs = relationships.flatMap(({ type, from, to }) => {
    if (type === 'DEPENDS_ON') return [{ from, to }];
    return NEEDED_BY.has(type) ? [{ from: to, to: from }] : [];
  });
  return { name: stringOf(document, 'name') ?? null, operatingSystem, components, needs, problems };
}

function describedBy(document: JsonObject, relationships: readonly Relationship[]): ReadonlySet<string> {
  const listed = listOf(document, 'documentDescribes').filter((ref) => typeof ref === 'string');
  const subject = stringOf(document, 'SPDXID') ?? 'SPDXRef-DOCUMENT';
  const related = relationships.filter(({ type, from }) => type === 'DESCRIBES' && from === subject);
  return new Set([...listed, ...related.map(({ to }) => to)]);
}

const NEEDED_BY = new Set(['DEPENDENCY_OF', 'RUNTIME_DEPENDENCY_OF']);

function toComponent(item: JsonObject, ref: string | null): SbomComponent {
  const references = listOf(item, 'externalRefs').flatMap((value): readonly JsonObject[] => {
    const reference = toObject(value);
    return reference === undefined ? [] : [reference];
  });
  const locators = (type: string): readonly string[] =>
    references.flatMap((reference) =>
      stringOf(reference, 'referenceType') === type ? (stringOf(reference, 'referenceLocator') ?? []) : [],
    );
  const purls = locators('purl').filter((purl) => !/^pkg:(?:oci|docker)\//.test(purl));
  const license = stringOf(item, 'licenseDeclared') ?? '';
  return {
    ref,
    name: stringOf(item, 'name') ?? '?',
    version: stringOf(item, 'versionInfo') ?? '',
    purl: purls[0] ?? null,
    cpes: locators('cpe23Type'),
    licenses: NO_LICENSE.has(license) ? [] : [license],
  };
}

interface Relationship {
  readonly type: string;
  readonly from: string;
  readonly to: string;
}

function relationshipsOf(document: JsonObject, { needsMax }: SbomBounds): readonly Relationship[] {
  const relationships: Relationship[] = [];
  for (const value of listOf(document, 'relationships')) {
    const entry = toObject(value) ?? {};
    const type = stringOf(entry, 'relationshipType');
    const from = stringOf(entry, 'spdxElementId');
    const to = stringOf(entry, 'relatedSpdxElement');
    if (relationships.length >= needsMax) break;
    if (type !== undefined && from !== undefined && to !== undefined) relationships.push({ type, from, to });
  }
  return relationships;
}
