import { Fault } from '../fault.ts';
import { readCsafVex } from './csaf.ts';
import { readCycloneDxVex } from './cyclonedx.ts';
import { Field, FlawedField } from './fields.ts';
import { findJsonFault } from './json-fault.ts';
import { vexLimits } from './limits.ts';
import { readOpenVex } from './openvex.ts';
import type { VexDocument } from './statement.ts';

/** A flaw of the document as a whole, with the place of it; the rest of it can't be understood. */
export interface VexRefusal {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/**
 * OpenVEX, CycloneDX or CSAF, told apart by what they say of themselves. `source` names it in findings. Gives a refusal
 * where it is none of them. Faults `invalid-input` (no JSON) and `limit-exceeded`.
 */
export function parseVexDocument(text: string, source: string): VexDocument | VexRefusal {
  if (text.length > vexLimits.bytesMax)
    throw new Fault('limit-exceeded', `it is larger than ${vexLimits.bytesMax} bytes`);
  return readVexDocument(parseJson(text), source);
}

/** As {@link parseVexDocument}, of a JSON value. */
export function readVexDocument(value: unknown, source: string): VexDocument | VexRefusal {
  const document = new Field(value);
  try {
    if (document.at('bomFormat').value === 'CycloneDX') return readCycloneDxVex(document, source);
    if (document.at('document').at('csaf_version').present) return readCsafVex(document, source);
    if (isOpenVex(document)) return readOpenVex(document, source);
  } catch (error) {
    if (error instanceof FlawedField) return error.flaw;
    throw error;
  }
  return { path: [], problem: 'is neither OpenVEX nor CycloneDX nor CSAF' };
}

function isOpenVex(document: Field): boolean {
  const context = document.at('@context').value;
  const contexts: readonly unknown[] = Array.isArray(context) ? context : [context];
  return contexts.some((one) => typeof one === 'string' && /^https:\/\/openvex\.dev\/ns(?:\/|$)/.test(one));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    const place = findJsonFault(text);
    const words = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
    throw new Fault('invalid-input', `it is not JSON${words}`, { cause: error });
  }
}
