import type { ChildProcess } from 'node:child_process';
import { Fault, toFault } from '@hullcheck/core';
import type { Credentials } from '@hullcheck/registry';
import { secretAnswerMs } from './limits.ts';

/** What the network half needs to speak to a cluster (a token) or a registry (a credential). */
export type Secret = { readonly token: string } | { readonly credentials: Credentials | null };

const QUESTION = { kind: 'secret?' } as const;

/**
 * Answers the network half's questions. Files and helper programs are read and run with this half's rights, anew for each
 * question: a token of Kubernetes is replaced in its file, and a helper trades for hours only.
 */
export function answerSecrets(child: ChildProcess, load: () => Promise<Secret>): void {
  child.on('message', (message) => {
    if (typeof message !== 'object' || !('kind' in message) || message.kind !== QUESTION.kind) return;
    // A half that ended meanwhile waits for nothing; told to nobody, that it is gone would be an error event and end this one.
    const answer = (said: object) => void child.send({ kind: 'secret', ...said }, () => undefined);
    load().then(
      (secret) => answer({ secret }),
      (error: unknown) => answer({ refusal: toFault(error, 'no reason is known').message }),
    );
  });
}

/** Asks the half that started this one. Fault `authorization-failed` where it has none, `timed-out`. */
export async function askSecret(): Promise<Secret> {
  const { promise, resolve, reject } = Promise.withResolvers<Secret>();
  const timer = setTimeout(() => reject(new Fault('timed-out', 'no credential came')), secretAnswerMs);
  // From our own other half, over a channel that nobody else holds: its shape is known.
  const take = (message: unknown) => {
    const answer = message as { kind?: string; secret?: Secret; refusal?: string };
    if (answer.kind !== 'secret') return;
    if (answer.secret !== undefined) resolve(answer.secret);
    else reject(new Fault('authorization-failed', `the credential can't be had: ${answer.refusal ?? ''}`));
  };
  process.on('message', take);
  try {
    process.send?.(QUESTION);
    return await promise;
  } finally {
    process.off('message', take);
    clearTimeout(timer);
  }
}
