import { Fault } from '@hullcheck/core';
import type { Passwords } from '../auth/passwords.ts';
import { hashSecret, newSecret } from '../auth/secrets.ts';
import {
  countFailures,
  createFirstAdministrator,
  createSession,
  createSetupToken,
  deleteSession,
  findUser,
  forgetFailures,
  hasAdministrator,
  isSetupToken,
  keepSetting,
  lockFailures,
  recordFailure,
  takeBackFailure,
  type UserRow,
} from '../store/accounts.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database, Queryable } from '../store/database.ts';

export interface SignInLimits {
  readonly perAccountAndAddress: Window;
  readonly perAccount: Window;
  readonly perAddress: Window;
}
export interface Window {
  readonly failuresMax: number;
  readonly windowSeconds: number;
}

export interface SignedIn {
  readonly user: UserRow;
  /** For the cookie; only its hash is kept. */
  readonly token: string;
}

const limitsOf = (limits: SignInLimits, account: string, address: string) =>
  [
    { subject: `account:${account}|${address}`, ...limits.perAccountAndAddress },
    { subject: `account:${account}`, ...limits.perAccount },
    { subject: `address:${address}`, ...limits.perAddress },
  ] as const;

/**
 * Signs a person in. After five failures of an account from one address each further try has to wait longer; strangers
 * elsewhere can slow the account down, but not lock it. The answer and its time are the same for an unknown account.
 */
export async function signIn(
  database: Database,
  passwords: Passwords,
  limits: SignInLimits,
  given: {
    readonly email: string;
    readonly password: string;
    readonly address: string;
    /** Of the browser that signs in again: it ends, else its token would stay good for hours in nobody's hands. */
    readonly session?: Buffer | undefined;
  },
): Promise<SignedIn> {
  const account = given.email.trim().toLowerCase();
  const subjects = limitsOf(limits, account, given.address);
  const { address } = given;
  const found = await asTry(database, subjects, async () => {
    const user = await findUser(database, account);
    return (await passwords.verify(given.password, user?.passwordHash)) ? user : undefined;
  });
  if (found === undefined) {
    await database.write((transaction) =>
      recordAudit(transaction, {
        actor: `user:${account}`,
        action: 'session.create',
        target: null,
        outcome: 'refused',
        address,
      }),
    );
    throw new Fault('unauthenticated', 'the e-mail address or the password is wrong');
  }
  const { passwordHash: _, ...user } = found;
  const token = newSecret('session');
  await database.write(async (transaction) => {
    if (given.session !== undefined) await deleteSession(transaction, given.session);
    await createSession(transaction, user.id, hashSecret(token), address);
    await forgetFailures(
      transaction,
      subjects.slice(0, 2).map(({ subject }) => subject),
    );
    await recordAudit(transaction, {
      actor: `user:${user.email}`,
      action: 'session.create',
      target: null,
      outcome: 'ok',
      address,
    });
  });
  return { user, token };
}

/**
 * One try: it stands as a failure before the answer is known and is taken back where it was none. Counted only afterwards,
 * hundreds that are sent at the same moment would all pass, each seeing none of the others.
 */
async function asTry<T>(
  database: Database,
  limits: readonly (Window & { readonly subject: string })[],
  action: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const subjects = limits.map(({ subject }) => subject);
  const at = await database.write(async (transaction) => {
    await lockFailures(transaction, subjects);
    await refuseTooMany(transaction, limits);
    return recordFailure(transaction, subjects);
  });
  let failed = false;
  try {
    const result = await action();
    failed = result === undefined;
    return result;
  } finally {
    if (!failed) await takeBackFailure(database, subjects, at);
  }
}

/** Faults `rate-limited` where one of the subjects failed too often; each further time it has to wait longer. */
export async function refuseTooMany(
  database: Queryable,
  subjects: readonly (Window & { readonly subject: string })[],
): Promise<void> {
  for (const { subject, failuresMax, windowSeconds } of subjects) {
    const { failures, sinceSeconds } = await countFailures(database, subject, windowSeconds);
    if (failures < failuresMax) continue;
    const delaySeconds = Math.min(windowSeconds, 5 * 2 ** Math.min(10, failures - failuresMax));
    if (sinceSeconds >= delaySeconds) continue;
    throw new Fault('rate-limited', 'too many failed tries', {
      retryAtMs: Date.now() + (delaySeconds - sinceSeconds) * 1000,
      hint: 'Wait a little.',
    });
  }
}

/** Makes the first administrator with the token of a one-time link, and signs them in. */
export async function setUp(
  database: Database,
  passwords: Passwords,
  limits: SignInLimits,
  given: { readonly token: string; readonly email: string; readonly password: string; readonly address: string },
): Promise<SignedIn> {
  const { address } = given;
  const subjects = [{ subject: `address:${address}`, ...limits.perAddress }];
  const isKnown = await asTry(database, subjects, async () =>
    (await isSetupToken(database, hashSecret(given.token))) ? true : undefined,
  );
  // Whoever comes second with the same link is told so, whether it has ended by then or is about to.
  if (isKnown === undefined && (await hasAdministrator(database))) throw hasOne();
  if (isKnown === undefined) {
    throw new Fault('unauthenticated', 'this link has ended', {
      hint: 'Take the one that the console printed at its last start.',
    });
  }
  const passwordHash = await passwords.hash(given.password);
  const token = newSecret('session');
  const user = await database.write(async (transaction) => {
    const made = await createFirstAdministrator(transaction, given.email, passwordHash);
    if (made === undefined) return undefined;
    await createSession(transaction, made.id, hashSecret(token), address);
    await recordAudit(transaction, {
      actor: `user:${made.email}`,
      action: 'setup.create',
      target: made.id,
      outcome: 'ok',
      address,
    });
    return made;
  });
  if (user === undefined) throw hasOne();
  return { user, token };
}

const hasOne = () => new Fault('conflict', 'this console has its administrator already', { hint: 'Sign in.' });

/** The administrator that the surroundings name, made where there is none. */
export async function administratorFromSurroundings(
  database: Database,
  passwords: Passwords,
  email: string,
  password: string,
): Promise<boolean> {
  if (await hasAdministrator(database)) return false;
  const passwordHash = await passwords.hash(password);
  return database.write(async (transaction) => {
    const made = await createFirstAdministrator(transaction, email, passwordHash);
    if (made === undefined) return false;
    await keepSetting(transaction, 'administrator-from-environment', true);
    await recordAudit(transaction, {
      actor: 'console',
      action: 'setup.environment',
      target: made.id,
      outcome: 'ok',
      address: null,
    });
    return true;
  });
}

/** The token of this start's one-time link; undefined where there is an administrator. */
export async function makeSetupToken(database: Database): Promise<string | undefined> {
  if (await hasAdministrator(database)) return undefined;
  const token = newSecret('setup');
  await database.write((transaction) => createSetupToken(transaction, hashSecret(token)));
  return token;
}
