import { type Digest, Fault, type LayerReport } from '@hullcheck/core';
import type { LayerOutcome } from './reader-process.ts';

/** What manifest and configuration promise of a layer; null where they promise nothing. */
export interface LayerPromise {
  readonly diffId: Digest;
  readonly digest: Digest | null;
  readonly sizeBytes: number | null;
}

/**
 * The report, if the bytes were what was promised. The order matters to who reads the message: wrong bytes explain a
 * damaged stream, a damaged stream explains a wrong diffID.
 */
export function verifyLayer(promise: LayerPromise, index: number, outcome: LayerOutcome): LayerReport {
  const place = `layer ${index} (${promise.digest ?? promise.diffId})`;
  const blobDigest = outcome.kind === 'read' ? outcome.report.blobDigest : outcome.blobDigest;
  const blobBytes = outcome.kind === 'read' ? outcome.report.blobBytes : outcome.blobBytes;
  if (blobDigest !== null) {
    if (promise.sizeBytes !== null && promise.sizeBytes !== blobBytes) {
      const code = blobBytes < promise.sizeBytes ? 'truncated' : 'size-mismatch';
      throw new Fault(code, `the layer has ${blobBytes} bytes, the manifest promises ${promise.sizeBytes}`, { place });
    }
    if (promise.digest !== null && promise.digest !== blobDigest) {
      throw new Fault(
        'digest-mismatch',
        `the layer's bytes are ${blobDigest}, the manifest promises ${promise.digest}`,
        { place },
      );
    }
  }
  if (outcome.kind === 'failed') {
    const { fault } = outcome;
    throw new Fault(fault.code, `layer ${index} can't be read: ${fault.message}`, { place, cause: fault });
  }
  if (outcome.report.diffId !== promise.diffId) {
    throw new Fault(
      'digest-mismatch',
      `the unpacked layer is ${outcome.report.diffId}, the image configuration promises ${promise.diffId}`,
      { place },
    );
  }
  return outcome.report;
}
