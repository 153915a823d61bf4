import type { Clock } from '../clock.ts';
import type { Credentials } from '../credentials.ts';
import type { Requester } from '../requester.ts';
import type { Transport } from '../transport.ts';

export interface Repository {
  /** As `/v2/<name>/` takes it. */
  readonly name: string;
}

/** What a vendor has to list repositories with. */
export interface ListingContext {
  /** Base of `/v2/`. */
  readonly base: URL;
  readonly requester: Requester;
  readonly transport: Transport;
  readonly credentials: Credentials | null;
  /** Users, organisations, projects: what the vendor lists by. */
  readonly namespaces: readonly string[];
  /** Base of the vendor's own API where it is not the usual one (mirrors, tests). */
  readonly apiOrigin: URL | null;
  readonly clock: Clock;
}

/** A registry's vendor adds only how repositories are listed; everything else is the one distribution client. */
export interface RegistryVendor {
  readonly id: string;
  readonly displayName: string;
  listRepositories(context: ListingContext, signal: AbortSignal): AsyncIterable<Repository>;
}
