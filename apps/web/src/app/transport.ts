import type { Transport } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';

const TIMEOUT_MS = 30_000;

/** The contract's transport over `fetch`: same origin, so the session cookie goes along and nowhere else. */
export const browserTransport: Transport = async (request) => {
  const response = await answerOf(request);
  return { status: response.status, text: await response.text() };
};

async function answerOf(request: Parameters<Transport>[0]): Promise<Response> {
  try {
    return await fetch(request.path, {
      method: request.method,
      headers: { ...request.headers },
      body: request.body,
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
    throw new Fault(
      timedOut ? 'timed-out' : 'unreachable',
      timedOut ? `the console did not answer within ${TIMEOUT_MS / 1000} s` : "the console doesn't answer",
      { cause, hint: 'Check that it is running and that this machine reaches it; the page tries again by itself.' },
    );
  }
}
