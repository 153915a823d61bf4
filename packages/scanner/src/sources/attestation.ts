import { type Digest, Fault } from '@hullcheck/core';
import { z } from 'zod';
import { attachedSbomLimits } from '../limits.ts';
import { parseDocument } from './bounded-json.ts';

/** DSSE 1.0: the payload is base64 of an in-toto statement. */
const Envelope = z.object({ payloadType: z.literal('application/vnd.in-toto+json'), payload: z.string() });
/** Of sigstore's bundles only the envelope. */
const Bundle = z.object({ dsseEnvelope: Envelope });
/** in-toto Statement 0.1 and 1; of a subject's digests those that a registry uses. */
const Statement = z.object({
  _type: z.string().regex(/^https:\/\/in-toto\.io\/Statement\/v\d/),
  subject: z
    .array(z.object({ digest: z.object({ sha256: z.string().optional(), sha512: z.string().optional() }) }))
    .max(attachedSbomLimits.subjectsMax),
  predicateType: z.string(),
  predicate: z.unknown().optional(),
});

const SBOM_PREDICATES = /^https:\/\/(?:spdx\.dev\/Document|cyclonedx\.org\/bom)(?:\/|$)/;

/**
 * The SBOM in an in-toto statement, plain or in a DSSE envelope or a sigstore bundle; undefined where it states something
 * else. Fault `not-an-image` where it is no statement, or one about another image than `subject`.
 */
export function sbomOfAttestation(document: unknown, subject: Digest, place: string): unknown {
  const { success, data: statement } = Statement.safeParse(openEnvelope(document, place));
  if (!success) throw new Fault('not-an-image', `${place} is no in-toto statement`, { place });
  if (!SBOM_PREDICATES.test(statement.predicateType)) return undefined;
  const isSubject = statement.subject.some(
    ({ digest }) => subject === `sha256:${digest.sha256}` || subject === `sha512:${digest.sha512}`,
  );
  if (!isSubject) throw new Fault('not-an-image', `${place} states the content of another image`, { place });
  const { predicate } = statement;
  // cosign before 2.0 wrote the SBOM as a text into the predicate.
  return typeof predicate === 'string' ? jsonOf(Buffer.from(predicate), place) : predicate;
}

function openEnvelope(document: unknown, place: string): unknown {
  const bundle = Bundle.safeParse(document);
  const envelope = Envelope.safeParse(bundle.success ? bundle.data.dsseEnvelope : document);
  return envelope.success ? jsonOf(Buffer.from(envelope.data.payload, 'base64'), place) : document;
}

const jsonOf = (bytes: Uint8Array, place: string) =>
  parseDocument(bytes, z.unknown(), place, attachedSbomLimits.bytesMax);
