import { createHash, type Hash } from 'node:crypto';
import type { Digest, Fault } from '@hullcheck/core';
import { abortFault, networkFault, RegistryFault } from './fault.ts';
import { blobBytesMax, blobResumeBytesMin, blobResumesMax } from './limits.ts';
import type { Operation } from './operation.ts';
import type { Access } from './refusal.ts';
import type { Requester } from './requester.ts';
import type { Answer } from './transport.ts';

export interface BlobRequest {
  readonly url: URL;
  readonly access: Access;
  readonly digest: Digest;
  /** Size that the manifest states, in bytes; null where it states none. */
  readonly sizeBytes: number | null;
  readonly place: string;
}

/**
 * Opens a blob. The first answer is awaited, so a blob that is missing or forbidden is a fault here; size and digest are
 * verified while the bytes pass, and a wrong end is a fault of the iteration: no consumer gets a clean end from wrong bytes.
 *
 * A stream that breaks, or ends before the size that was stated, is picked up with `Range` at the byte where it broke. A
 * server that ignores the range sends all again, and what was already delivered is skipped; the hash goes over what was
 * delivered. That it is the same blob needs no `If-Range`: the digest says so at the end, whatever the server's tags say.
 */
export async function openBlob(
  blob: BlobRequest,
  requester: Requester,
  operation: Operation,
): Promise<AsyncIterable<Uint8Array>> {
  const ask = { method: 'GET', url: blob.url, access: blob.access } as const;
  const first = await requester.send({ ...ask, accepts: [200] }, operation);
  const length = lengthOf(first);
  if (blob.sizeBytes !== null && length !== undefined && length !== blob.sizeBytes) {
    first.body.destroy();
    throw sizeFault(blob);
  }

  async function resume(deliveredBytes: number): Promise<{ readonly answer: Answer; readonly skipBytes: number }> {
    const headers = { range: `bytes=${deliveredBytes}-` };
    const answer = await requester.send({ ...ask, headers, accepts: [200, 206, 416] }, operation);
    if (answer.status === 206 && startOf(answer) === deliveredBytes) return { answer, skipBytes: 0 };
    if (answer.status === 200) return { answer, skipBytes: deliveredBytes };
    // The body of a 416 is not read: distribution 2.8 promises more bytes there than it sends, and a reader would hang.
    answer.body.destroy();
    return { answer: await requester.send({ ...ask, accepts: [200] }, operation), skipBytes: deliveredBytes };
  }

  return deliver(blob, first, resume, operation);
}

async function* deliver(
  blob: BlobRequest,
  first: Answer,
  resume: (deliveredBytes: number) => Promise<{ readonly answer: Answer; readonly skipBytes: number }>,
  operation: Operation,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash(blob.digest.startsWith('sha512:') ? 'sha512' : 'sha256');
  const bytesMax = blob.sizeBytes ?? blobBytesMax;
  let delivered = 0;
  let current = { answer: first, skipBytes: 0 };
  let resumes = 0;
  for (;;) {
    const before = delivered;
    let skip = current.skipBytes;
    let broken: Fault | undefined;
    try {
      for await (const chunk of current.answer.body as AsyncIterable<Uint8Array>) {
        const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - fresh.byteLength;
        if (fresh.byteLength === 0) continue;
        delivered += fresh.byteLength;
        if (delivered > bytesMax) throw tooLarge(blob);
        hash.update(fresh);
        yield fresh;
      }
    } catch (error) {
      broken = networkFault(error, blob.place, operation.signal);
      if (broken.code !== 'unreachable') throw broken;
    } finally {
      current.answer.body.destroy();
    }
    if (operation.signal.aborted) throw abortFault(operation.signal, blob.place);
    if (broken === undefined && (blob.sizeBytes === null || delivered >= blob.sizeBytes)) {
      verifyEnd(blob, delivered, hash);
      return;
    }
    resumes = delivered - before >= blobResumeBytesMin ? 1 : resumes + 1;
    // The first time at once: most breaks are one connection's end.
    if (resumes > blobResumesMax || (resumes > 1 && !(await operation.backOff(resumes - 1)))) {
      throw broken ?? sizeFault(blob);
    }
    if (operation.signal.aborted) throw abortFault(operation.signal, blob.place);
    current = await resume(delivered);
  }
}

function verifyEnd(blob: BlobRequest, deliveredBytes: number, hash: Hash): void {
  if (blob.sizeBytes !== null && deliveredBytes !== blob.sizeBytes) throw sizeFault(blob);
  const algorithm = blob.digest.slice(0, 6);
  if (`${algorithm}:${hash.digest('hex')}` !== blob.digest) {
    throw new RegistryFault('digest-mismatch', 'DIGEST_MISMATCH', 'the blob is not the one that its digest names', {
      place: blob.place,
    });
  }
}

function tooLarge(blob: BlobRequest): RegistryFault {
  if (blob.sizeBytes !== null) return sizeFault(blob);
  return new RegistryFault('limit-exceeded', 'ANSWER_TOO_LARGE', `the blob is larger than ${blobBytesMax} bytes`, {
    place: blob.place,
  });
}

function sizeFault(blob: BlobRequest): RegistryFault {
  return new RegistryFault(
    'size-mismatch',
    'SIZE_MISMATCH',
    `the blob does not have the ${blob.sizeBytes} bytes stated`,
    {
      place: blob.place,
    },
  );
}

function lengthOf(answer: Answer): number | undefined {
  const text = answer.headers['content-length'];
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** First byte of `Content-Range: bytes a-b/total`. */
function startOf(answer: Answer): number | undefined {
  const match = /^bytes ([0-9]{1,15})-/.exec(answer.headers['content-range'] ?? '');
  return match === null ? undefined : Number(match[1]);
}
