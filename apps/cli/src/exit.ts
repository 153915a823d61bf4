import { Fault, type FaultCode, printable, toFault } from '@hullcheck/core';

/** Exit codes that stay: see docs/user-guide. */
export const exitCodes = { passed: 0, failed: 1, policy: 2, unstable: 3, notAssessable: 4 } as const;

/** Every fault ends with 1: the tool could not do its work or could not decide. Total by its type. */
export const faultExit: { readonly [code in FaultCode]: number } = {
  'not-an-image': 1,
  truncated: 1,
  'digest-mismatch': 1,
  'size-mismatch': 1,
  'limit-exceeded': 1,
  unsupported: 1,
  'not-found': 1,
  'authorization-failed': 1,
  'ssl-handshake': 1,
  'rate-limited': 1,
  unreachable: 1,
  'address-refused': 1,
  'timed-out': 1,
  'reader-crashed': 1,
  cancelled: 1,
  'runtime-unavailable': 1,
  'runtime-forbidden': 1,
  'database-missing': 1,
  'database-invalid': 1,
  'feed-invalid': 1,
  'feed-shrank': 1,
  'invalid-input': 1,
  unauthenticated: 1,
  forbidden: 1,
  conflict: 1,
  'storage-full': 1,
  unavailable: 1,
  internal: 1,
};

/** One short paragraph that names the place; never a stack trace. The deepest cause's code helps a search. */
export function describeFault(thrown: unknown): string {
  const fault = toFault(thrown, thrown instanceof Error ? thrown.message : String(thrown));
  const parts = [fault.message];
  if (fault.place !== undefined && !fault.message.includes(fault.place)) parts[0] = `${fault.place}: ${fault.message}`;
  if (fault.hint !== undefined) parts.push(fault.hint);
  if (fault.code === 'internal') {
    const system = systemCode(fault);
    if (system !== undefined) parts.push(`(${system})`);
  }
  return printable(parts.join('. ').replaceAll('..', '.'));
}

function systemCode(fault: Fault): string | undefined {
  let cause: unknown = fault;
  for (let depth = 0; depth < 10 && cause instanceof Error; depth += 1) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (!(cause instanceof Fault) && typeof code === 'string') return code;
    cause = cause.cause;
  }
  return undefined;
}
