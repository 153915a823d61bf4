import { Fault, toFault } from '@hullcheck/core';
import { describeFault, faultExit } from './exit.ts';

/** A reader that has seen enough (`| head`) is no error. */
export function endOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** What a program gives, or says on standard error why it gives nothing. */
export async function exitCodeOf(
  environment: { readonly [name: string]: string | undefined },
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (thrown) {
    const fault = toFault(thrown, thrown instanceof Error ? thrown.message : String(thrown));
    process.stderr.write(`hullcheck: ${describeFault(fault)}\n`);
    if (environment.HULLCHECK_DEBUG === '1' && !(thrown instanceof Fault))
      process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
    return faultExit[fault.code];
  }
}
