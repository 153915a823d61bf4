import { Fault } from '@hullcheck/core';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's least for argon2id (its default here): 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A flood of sign-ins must not take all memory and processors from everybody else. */
const HASHES_AT_ONCE_MAX = 4;
const HASHES_WAITING_MAX = 40;

export const passwordCharactersMin = 12;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Without a hash (nobody has this address) it takes as long as with one and answers false. */
  verify(password: string, hashed: string | undefined): Promise<boolean>;
}

export async function createPasswords(): Promise<Passwords> {
  const limited = limit(HASHES_AT_ONCE_MAX, HASHES_WAITING_MAX);
  const nobody = await hash('the password of nobody', COST);
  return {
    hash: (password) => limited(() => hash(password, COST)),
    verify: async (password, hashed) => {
      const matches = await limited(() => verify(hashed ?? nobody, password));
      return hashed !== undefined && matches;
    },
  };
}

function limit(atOnceMax: number, waitingMax: number): <T>(action: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) {
        throw new Fault('rate-limited', 'too many people sign in at this moment', { retryAtMs: Date.now() + 5_000 });
      }
      await new Promise<void>((turn) => waiting.push(turn));
    } else {
      running += 1;
    }
    try {
      return await action();
    } finally {
      // The place goes to the next one directly, so that a newcomer can't take it in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
