import {
  formatPurl,
  type ImageView,
  type Package,
  type Problem,
  parsePurl,
  type Relation,
  type ViewFile,
} from '@hullcheck/core';
import { z } from 'zod';
import { parseJson } from '../formats/json/index.ts';
import { parseSbomDocument, type SbomComponent, type SbomDocument } from '../formats/sbom/index.ts';
import { type Readable, readWhole } from '../formats/text/index.ts';
import { packageOfPurl, parsePlainPurl } from '../package-lists/package-of-purl.ts';
import { cleanText, fileProblem, identifierOf } from './foreign-text.ts';
import { lazily } from './lazily.ts';
import { limits } from './limits.ts';
import { presentSince } from './presence.ts';

/** A component that an SBOM lying in the image states. */
export type StatedComponent = {
  /** Canonical, with a version. */
  readonly purl: string;
  readonly cpes: readonly string[];
  readonly licenses: readonly string[];
  /** Places in the list of the components that this one needs. */
  readonly needs: readonly number[];
};

export type StatedComponents = {
  readonly components: readonly StatedComponent[];
  /** Components that no purl with a version names. */
  readonly unnamed: number;
  /** Whether parts of the document could not be read. */
  readonly cut: boolean;
};

export const statedComponentsSchema = lazily(() => {
  return z.object({
    components: z
      .array(
        z.object({
          purl: z.string().min(1).max(limits.purlCharsMax),
          cpes: z.array(z.string().max(limits.cpeCharsMax)).max(limits.cpesPerPackageMax),
          licenses: z.array(z.string().max(limits.licenseCharsMax)).max(limits.licensesPerPackageMax),
          needs: z.array(z.int().nonnegative().max(limits.packagesPerFileMax)).max(limits.needsPerPackageMax),
        }),
      )
      .max(limits.packagesPerFileMax),
    unnamed: z.int().nonnegative(),
    cut: z.boolean(),
  });
});

const BOUNDS = {
  componentsMax: limits.packagesPerFileMax,
  depthMax: limits.lockDepthMax,
  needsMax: limits.needsPerFileMax,
};

/** Types that name where sources or images come from, not what is installed. */
const ORIGINS = new Set(['bitbucket', 'docker', 'git', 'github', 'gitlab', 'oci']);

export type StatedResult =
  | StatedComponents
  | { readonly fault: string; readonly code: 'unreadable' | 'unsupported' | 'limit-exceeded' };

/** The components of one SBOM file, in its own order. */
export function readStatedComponents(file: Readable): StatedResult {
  const bytes = readWhole(file, limits.sbomBytesMax);
  if (bytes === undefined) {
    return { fault: `the file has ${file.sizeBytes} bytes, above sbomBytesMax`, code: 'limit-exceeded' };
  }
  const document = parseSbomDocument(parseJson(bytes), BOUNDS);
  return 'fault' in document ? document : toStated(document);
}

function toStated(document: SbomDocument): StatedComponents {
  const places = new Map<string, number>();
  const kept: SbomComponent[] = [];
  const purls: string[] = [];
  let unnamed = 0;
  for (const component of document.components) {
    if (component.purl !== null && isOrigin(component.purl)) continue;
    const purl = component.purl === null ? undefined : canonicalPurl(component.purl);
    if (purl === undefined) unnamed += 1;
    else {
      if (component.ref !== null) places.set(component.ref, kept.length);
      kept.push(component);
      purls.push(purl);
    }
  }
  const needs = kept.map((): number[] => []);
  for (const { from, to } of document.needs) {
    const list = needs[places.get(from) ?? -1];
    const place = places.get(to);
    if (list !== undefined && place !== undefined && list.length < limits.needsPerPackageMax) list.push(place);
  }
  return {
    components: kept.map(({ cpes, licenses }, at) => ({
      purl: purls[at] ?? '',
      cpes: cpes
        .filter((cpe) => identifierOf(cpe, limits.cpeCharsMax) !== undefined)
        .slice(0, limits.cpesPerPackageMax),
      licenses: licenses
        .filter((text) => text !== '')
        .map((text) => cleanText(text, limits.licenseCharsMax))
        .slice(0, limits.licensesPerPackageMax),
      needs: needs[at] ?? [],
    })),
    unnamed,
    cut: document.problems.length > 0,
  };
}

/** The purl in its one spelling; undefined where it is none, or has no version to judge. */
function canonicalPurl(text: string): string | undefined {
  const parts = parsePlainPurl(text);
  return parts === undefined || parts.version === null
    ? undefined
    : identifierOf(formatPurl(parts), limits.purlCharsMax);
}

function isOrigin(purl: string): boolean {
  return ORIGINS.has(parsePurl(purl)?.type ?? '');
}

/** What the file says but nobody can judge, and what of it was not read. */
export function problemsOfStated({ unnamed, cut }: StatedComponents, path: string): readonly Problem[] {
  const noPurl = `${unnamed} of the components have no purl with a version and are not judged`;
  const notRead = 'parts of the document are not as its format describes them, or above a limit of their number';
  return [
    ...(unnamed === 0 ? [] : [fileProblem('undetermined-version', path, noPurl)]),
    ...(cut ? [fileProblem('limit-exceeded', path, notRead)] : []),
  ];
}

/** The packages that the file states, since the layer that brought the statement, and which of them needs which. */
export function resolveStated<E>(
  view: ImageView<E>,
  file: ViewFile<E>,
  componentsOf: (evidence: E) => readonly StatedComponent[],
  analyzer: string,
): { readonly packages: readonly Package[]; readonly relations: readonly Relation[] } {
  const since = presentSince(file, (evidence) => componentsOf(evidence).map(({ purl }) => purl));
  const components = componentsOf(file.evidence);
  const owner = view.ownerOf(file.path) ?? null;
  const packages = components.flatMap(({ purl, cpes, licenses }) => {
    const found = packageOfPurl(purl, analyzer, licenses);
    if (found === undefined) return [];
    const layer = view.layers[since.get(purl) ?? file.layer] ?? null;
    return [{ ...found, layer, paths: [file.path], ownedBy: owner, ...(cpes.length === 0 ? {} : { cpes }) }];
  });
  const relations = components.flatMap(({ purl, needs }) =>
    needs.flatMap((need) => {
      const to = components[need]?.purl;
      return to === undefined ? [] : [{ from: purl, to }];
    }),
  );
  return { packages, relations };
}
