import { Fault, type Inventory, type OperatingSystem, type Package, type Problem } from '@hullcheck/core';
import { cleanText, fileProblem } from '../analyzers/foreign-text.ts';
import { mergeRelations } from '../compose/merge.ts';
import { parseSbomDocument, type SbomComponent } from '../formats/sbom/index.ts';
import { packageListLimits } from './limits.ts';
import { packageOfPurl } from './package-of-purl.ts';

export interface PackageList {
  /** Name that the document gives to what it describes, or null. */
  readonly name: string | null;
  readonly inventory: Inventory;
}

/**
 * A CycloneDX (1.2 to 1.7) or SPDX 2 JSON document as an inventory. Components without a purl can't be judged: each is
 * a problem, never silently absent. Fault `not-an-image` where the text is neither.
 */
export function parseSbom(text: string, place: string): PackageList {
  return readSbom(jsonOf(text, place), place);
}

function jsonOf(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Fault('not-an-image', `${place} is not JSON`, {
      place,
      cause: error,
      hint: 'An SBOM is read as CycloneDX JSON or SPDX 2 JSON',
    });
  }
}

/** The same for a document that stands in another one. */
export function readSbom(
  value: unknown,
  place: string,
  componentsMax: number = packageListLimits.componentsMax,
): PackageList {
  const document = parseSbomDocument(value, { ...packageListLimits, componentsMax });
  if ('fault' in document) {
    const code = document.code === 'limit-exceeded' ? 'limit-exceeded' : 'not-an-image';
    throw new Fault(code, `${place} can't be read as an SBOM: ${document.fault}`, { place });
  }
  const packages: Package[] = [];
  const purls = new Map<string, string>();
  const problems: Problem[] = [];
  for (const component of document.components) {
    const found = component.purl === null ? undefined : packageOfPurl(component.purl, 'sbom', component.licenses);
    if (found === undefined) {
      problems.push(fileProblem('unreadable', place, notJudged(component)));
      continue;
    }
    packages.push(found);
    if (component.ref !== null) purls.set(component.ref, found.purl);
  }
  for (const { code, detail } of document.problems) problems.push(fileProblem(code, place, detail));
  const { operatingSystem: stated } = document;
  const inventory = finish(
    stated === null ? null : osOf(stated.name, stated.version),
    packages,
    listed(problems, place),
  );
  const needs = document.needs.flatMap(({ from, to }) => {
    const ends = [purls.get(from), purls.get(to)] as const;
    return ends[0] === undefined || ends[1] === undefined ? [] : [{ from: ends[0], to: ends[1] }];
  });
  const merged = mergeRelations([needs], inventory.packages);
  const all = { ...inventory, problems: [...inventory.problems, ...merged.problems] };
  const { relations } = merged;
  return { name: document.name, inventory: relations.length === 0 ? all : { ...all, relations } };
}

function notJudged({ name, version, purl }: SbomComponent): string {
  const reason = purl === null ? 'no purl' : 'a purl without a version or that is not one';
  return `${`${name} ${version}`.trim()} has ${reason} and is not judged`;
}

/** The first of them, and how many more there are: whoever writes the document decides how many. */
function listed(problems: readonly Problem[], place: string): readonly Problem[] {
  const { problemsMax } = packageListLimits;
  if (problems.length <= problemsMax) return problems;
  const left = `${problems.length - problemsMax} further problems are not listed (problemsMax ${problemsMax})`;
  return [...problems.slice(0, problemsMax), fileProblem('limit-exceeded', place, left)];
}

function osOf(statedId: string, statedVersion: string): OperatingSystem {
  const id = cleanText(statedId, packageListLimits.systemCharactersMax);
  const version = cleanText(statedVersion, packageListLimits.systemCharactersMax);
  return {
    id: id.toLowerCase(),
    version,
    name: `${id} ${version}`.trim(),
    idLike: [],
    codename: null,
  };
}

/** One package per purl; without a stated operating system the packages' own distribution tells it. */
export function finish(
  stated: OperatingSystem | null,
  packages: readonly Package[],
  problems: readonly Problem[],
): Inventory {
  const byPurl = new Map<string, Package>();
  for (const found of packages) if (!byPurl.has(found.purl)) byPurl.set(found.purl, found);
  const distribution = packages.find(
    (found) => found.distribution !== null && found.distribution.release !== '',
  )?.distribution;
  const operatingSystem =
    stated ??
    (distribution === null || distribution === undefined ? null : osOf(distribution.id, distribution.release));
  const sorted = [...byPurl.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
  return { operatingSystem, packages: sorted.map((found) => withRelease(found, operatingSystem)), problems };
}

/** A purl that names its distribution but no release belongs to the release that the document states. */
function withRelease(found: Package, operatingSystem: OperatingSystem | null): Package {
  if (
    found.distribution === null ||
    found.distribution.release !== '' ||
    operatingSystem === null ||
    found.distribution.id !== operatingSystem.id
  )
    return found;
  const release = /^\d+(?:\.\d+)?/.exec(operatingSystem.version)?.[0] ?? operatingSystem.version;
  return {
    ...found,
    distribution: {
      id: found.distribution.id,
      release: operatingSystem.id === 'debian' ? (/^\d+/.exec(release)?.[0] ?? release) : release,
    },
  };
}
