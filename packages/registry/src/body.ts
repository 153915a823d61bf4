import { networkFault, RegistryFault } from './fault.ts';
import { smallBodyTimeoutMs } from './limits.ts';
import type { Answer } from './transport.ts';

/** The whole body, at most `bytesMax` bytes, within {@link smallBodyTimeoutMs}; more is a fault and ends the connection. */
export async function readBody(answer: Answer, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(smallBodyTimeoutMs)]);
  const stop = () => answer.body.destroy();
  deadline.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    deadline.throwIfAborted();
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > bytesMax) {
        throw new RegistryFault('limit-exceeded', 'ANSWER_TOO_LARGE', `the answer is larger than ${bytesMax} bytes`, {
          place: answer.url.host,
        });
      }
      chunks.push(chunk);
    }
    deadline.throwIfAborted();
  } catch (error) {
    throw networkFault(error, answer.url.host, deadline);
  } finally {
    deadline.removeEventListener('abort', stop);
    answer.body.destroy();
  }
  return Buffer.concat(chunks, length);
}

/** The bytes as JSON, or undefined where they are none. The bytes are bounded by the caller. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
