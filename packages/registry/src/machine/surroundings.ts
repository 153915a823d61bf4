import { open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { RegistryFault } from '../fault.ts';
import { tokenBytesMax } from '../limits.ts';
import type { Transport } from '../transport.ts';

/** What an identity is found by. */
export interface MachineSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reaches the metadata services and nothing else. */
  readonly transport: Transport;
  readonly clock: Clock;
}

/** An identity that is not there, or is not given. `hint`: what an operator does about it. */
export function identityFault(message: string, place: string, hint: string, cause?: unknown): RegistryFault {
  return new RegistryFault('authorization-failed', 'MACHINE_IDENTITY', message, {
    place,
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A token that the cluster put into a file and renews there: read anew each time. */
export async function readTokenFile(path: string, variable: string): Promise<string> {
  const hint = `It is the file that ${variable} names.`;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const text = size > tokenBytesMax ? '' : (await file.readFile('utf8')).trim();
      // It becomes a header or a field of a form.
      if (/^[\x21-\x7e]+$/.test(text)) return text;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw identityFault('the token of this machine could not be read', variable, hint, error);
  }
  throw identityFault('the file of the token of this machine holds none', variable, hint);
}
