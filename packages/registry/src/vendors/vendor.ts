import type { Clock } from '../clock.ts';
import type { Credentials, RegistryCredentials } from '../credentials.ts';
import type { RegistryReason } from '../fault.ts';
import type { MachineIdentity } from '../machine/identity.ts';
import type { Requester } from '../requester.ts';
import type { Transport } from '../transport.ts';

export interface Repository {
  /** As `/v2/<name>/` takes it. */
  readonly name: string;
  readonly description?: string;
}

/** When a tag was pushed, as the vendor's own API says. */
export interface TagDate {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly pushedAtMs: number;
  /** The API promises that what follows is no newer: who wants the newest may stop. */
  readonly isOrdered: boolean;
}

/** What a vendor has to list repositories and to trade credentials with. */
export interface VendorContext {
  /** Base of `/v2/`. */
  readonly base: URL;
  readonly requester: Requester;
  readonly transport: Transport;
  /** As the user gave them. */
  readonly credentials: Credentials | null;
  /** Users, organisations, projects: what the vendor lists by. */
  readonly namespaces: readonly string[];
  /** Base of the vendor's own API, ending in `/`, where it is not the usual one (self-managed servers, mirrors, tests). */
  readonly apiBase: URL | null;
  /** Base of the server that trades credentials (STS, Entra, Google's token server) where it is not the usual one (tests). */
  readonly exchangeBase: URL | null;
  /** Who this process is in its cloud; null: its operator lets nobody use that. */
  readonly machine: MachineIdentity | null;
  readonly clock: Clock;
  /** What these credentials were traded for, until it ends; asked for again then. One such thing by each name. */
  keep<T>(name: string, trade: () => Promise<Kept<T>>): Promise<T>;
}

export interface Kept<T> {
  readonly value: T;
  /** Epoch milliseconds from which it is not used any more. */
  readonly expiresAtMs: number;
}

/** What the registry takes instead of the user's credentials, and until when (epoch milliseconds). */
export interface Presented {
  readonly credentials: RegistryCredentials;
  readonly expiresAtMs: number;
}

/** A registry's vendor adds only authentication and listing; everything else is the one distribution client. */
export interface RegistryVendor {
  readonly id: string;
  readonly displayName: string;
  /** The kinds of credentials that its users have. Without any is always tried as anonymous. */
  readonly accepts: readonly Credentials['kind'][];
  /** Trades what the user has for what the registry takes. Called again when that has run out. Throws `Fault`. */
  present(credentials: Credentials, context: VendorContext, signal: AbortSignal): Promise<Presented>;
  listRepositories(context: VendorContext, signal: AbortSignal): AsyncIterable<Repository>;
  /**
   * When the tags of a repository were pushed, in any order, each once. Null: nothing of the vendor says it. A fault where it is not
   * said to these credentials.
   */
  readonly listTagDates:
    | ((repository: string, context: VendorContext, signal: AbortSignal) => AsyncIterable<TagDate>)
    | null;
  /** What to do about a refusal, where this vendor's users do something else than those of any registry. One sentence each. */
  readonly advice: { readonly [reason in RegistryReason]?: string };
}
