import type { Digest, Inventory } from '@hullcheck/core';
import { z } from 'zod';
import { visibleText } from '../layers/visible-text.ts';
import { attachedSbomLimits } from '../limits.ts';
import { readSbom } from '../package-lists/index.ts';
import { sbomOfAttestation } from './attestation.ts';
import { parseDocument } from './bounded-json.ts';

export interface AttachedDocument {
  /** Names it in problems and faults. */
  readonly place: string;
  /** The manifest that an attestation has to be of; null: the document is the SBOM itself. */
  readonly subject: Digest | null;
}

/**
 * What the SBOM in a document states; undefined where an attestation states something else. Runs in the reading process:
 * whoever may push to the repository decides what it costs. Faults: `limit-exceeded`, `not-an-image`.
 */
export function readAttachedDocument(bytes: Uint8Array, { place, subject }: AttachedDocument): Inventory | undefined {
  const document: unknown = parseDocument(bytes, z.unknown(), place, attachedSbomLimits.bytesMax);
  const sbom = subject === null ? document : sbomOfAttestation(document, subject, place);
  if (sbom === undefined) return undefined;
  return readSbom(sbom, visibleText(place, 300), attachedSbomLimits.componentsMax).inventory;
}
