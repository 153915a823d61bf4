import type { Clock } from './clock.ts';
import { abortFault, isTransient, RegistryFault } from './fault.ts';
import { operationRequestsMax, retryWaitMsMax, triesMax } from './limits.ts';
import { isRateLimit, retryAfterMs } from './refusal.ts';
import type { Answer, Exchange, Transport } from './transport.ts';

/** One thing that a caller wants (a manifest, a page of a list, a blob), with what it may still cost. */
export interface Operation {
  readonly signal: AbortSignal;
  /** Sends with retries; every single request is counted, so no registry can keep an operation alive for ever. */
  exchange(request: Exchange): Promise<Answer>;
  /** Waits as long as before the retry of that number, first 1; false where this operation may not wait any more. */
  backOff(attempt: number): Promise<boolean>;
}

const RETRIED: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export function startOperation(transport: Transport, clock: Clock, signal: AbortSignal): Operation {
  let requests = 0;
  let waitedMs = 0;

  async function once(request: Exchange): Promise<Answer> {
    if (signal.aborted) throw abortFault(signal, request.url.host);
    requests += 1;
    if (requests > operationRequestsMax) {
      throw new RegistryFault(
        'limit-exceeded',
        'TOO_MANY_REQUESTS_SPENT',
        `gave up after ${operationRequestsMax} requests`,
        {
          place: request.url.host,
        },
      );
    }
    return await transport.exchange(request, signal);
  }

  /** False where waiting would take longer than this operation may. */
  async function pause(durationMs: number): Promise<boolean> {
    if (waitedMs + durationMs > retryWaitMsMax) return false;
    waitedMs += durationMs;
    await clock.wait(durationMs, signal).catch(() => undefined);
    return !signal.aborted;
  }

  const backoffMs = (attempt: number) => 500 * 2 ** (attempt - 1) * (1 + 0.2 * clock.random());

  return {
    signal,
    backOff: (attempt) => pause(backoffMs(attempt)),
    async exchange(request) {
      for (let attempt = 1; ; attempt += 1) {
        const isLast = attempt >= triesMax || request.method === 'POST';
        let answer: Answer;
        try {
          answer = await once(request);
        } catch (error) {
          if (isLast || !isTransient(error) || !(await pause(backoffMs(attempt)))) throw error;
          continue;
        }
        if (isLast || !RETRIED.has(answer.status)) return answer;
        const asked = isRateLimit(answer) ? retryAfterMs(answer, clock) : undefined;
        const durationMs = asked === undefined ? backoffMs(attempt) : asked * (1 + 0.2 * clock.random());
        if (!(await pause(durationMs))) return answer;
        answer.body.destroy();
      }
    },
  };
}
