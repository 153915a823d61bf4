import type { ProblemCode } from '@hullcheck/core';
import { type JsonObject, objectOf, toObject } from '../json/index.ts';
import { isCycloneDx, parseCycloneDx } from './cyclonedx.ts';
import { isSpdx2, isSpdx3, parseSpdx } from './spdx.ts';

/** One component that a software bill of materials lists. Texts are as the document has them, of any length. */
export interface SbomComponent {
  /** Name within the document, by which relations refer to it. */
  readonly ref: string | null;
  readonly name: string;
  readonly version: string;
  readonly purl: string | null;
  /** CPE 2.3 formatted strings. */
  readonly cpes: readonly string[];
  readonly licenses: readonly string[];
}

export interface SbomDocument {
  /** Name that the document gives to what it describes, or null. */
  readonly name: string | null;
  readonly operatingSystem: { readonly name: string; readonly version: string } | null;
  /** What may be installed: no files, no images, no operating systems. In the document's order. */
  readonly components: readonly SbomComponent[];
  /** Which component needs which, by `ref`. */
  readonly needs: readonly { readonly from: string; readonly to: string }[];
  /** What of the document could not be read. */
  readonly problems: readonly { readonly code: ProblemCode; readonly detail: string }[];
}

export type SbomResult =
  | SbomDocument
  /** `unsupported`: an SBOM in a form that is not read; `unreadable`: none. */
  | { readonly fault: string; readonly code: 'unreadable' | 'unsupported' | 'limit-exceeded' };

export interface SbomBounds {
  readonly componentsMax: number;
  /** Nesting of CycloneDX components. */
  readonly depthMax: number;
  readonly needsMax: number;
}

/**
 * The value of a JSON document as CycloneDX (1.2 to 1.7) or SPDX 2. https://cyclonedx.org/docs/1.6/json/
 * https://spdx.github.io/spdx-spec/v2.3/
 */
export function parseSbomDocument(value: unknown, bounds: SbomBounds): SbomResult {
  const document = predicateOf(toObject(value));
  if (document === undefined) return { fault: 'the file is no JSON object', code: 'unreadable' };
  if (isCycloneDx(document)) return parseCycloneDx(document, bounds);
  if (isSpdx2(document)) return parseSpdx(document, bounds);
  if (isSpdx3(document)) return { fault: 'SPDX 3 is not read, only SPDX 2', code: 'unsupported' };
  return { fault: 'the file is neither CycloneDX JSON nor SPDX 2 JSON', code: 'unreadable' };
}

/** An attestation carries the document as its predicate. https://github.com/in-toto/attestation/tree/main/spec/predicates */
function predicateOf(value: JsonObject | undefined): JsonObject | undefined {
  const isStatement = value !== undefined && Object.hasOwn(value, 'predicateType') && Object.hasOwn(value, 'predicate');
  return isStatement ? objectOf(value, 'predicate') : value;
}
