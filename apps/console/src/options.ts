import type { DatabaseOrigin } from '@hullcheck/advisories';
import type { Credentials, MachineCloud } from '@hullcheck/registry';
import type { Logger } from 'pino';

/** `all`: pages, API and jobs in one process; `api` and `worker` split them over one PostgreSQL server. */
export type ConsoleRole = 'all' | 'api' | 'worker';

/** One sample archive that a builder wrote (`docker save` or OCI layout in a tar). */
export interface SampleArchive {
  readonly path: string;
  readonly name: string;
}

/** The program that hosts get from a console: this very one. */
export interface AgentProgram {
  readonly version: string;
  /** Everything that runs it but Node, as a gzip-packed tar; equal bytes for equal programs. */
  pack(): Promise<Uint8Array>;
  /** The Node that runs this console, where it also runs on other Linux hosts. */
  readonly runtime: { readonly architecture: string; readonly path: string } | null;
}

/** Where ready vulnerability databases come from, and what proves them. */
export interface ReadyDatabases {
  readonly origin: DatabaseOrigin;
  /** Asked for before each try: helpers give passwords that end. */
  readonly credentials?: () => Promise<Credentials | null>;
  /** API token for another console. */
  readonly token?: string;
  /** PEM of keys of which one must have signed it. */
  readonly publicKeys?: string;
  /** PEM of authorities that are trusted beside the system's. */
  readonly ca?: string;
  readonly allowedNetworks?: readonly string[];
}

/** Everything the console is told from outside. Nothing here is read from the environment by the console itself. */
export interface ConsoleOptions {
  /** Folder for the embedded database, uploads, vulnerability databases and the key file. Made where missing, mode 0700. */
  readonly dataDir: string;
  /** `host:port`; port 0 lets the system choose. Anything but a loopback address needs `tls` or `trustedProxy`. */
  readonly listen: string;
  readonly role: ConsoleRole;
  /** A PostgreSQL server instead of the embedded one. */
  readonly databaseUrl?: string;
  /** Folder with `postgres` and `initdb`, instead of the binaries that npm brought. */
  readonly pgBin?: string;
  readonly adminEmail?: string;
  readonly adminPassword?: string;
  /** At least 32 characters: an API token with all rights for 24 hours after the first start or until an administrator exists. */
  readonly bootstrapToken?: string;
  /** No connection leaves the machine but to configured registries. */
  readonly offline: boolean;
  /** A feed mirror, folder or URL, instead of the upstream addresses. */
  readonly feeds?: string;
  /** Take databases that somebody else built, instead of building them from feeds. */
  readonly ready?: ReadyDatabases;
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` of the operator: for registries and feeds. */
  readonly proxyEnvironment?: Readonly<Record<string, string | undefined>>;
  /** The vulnerability database that came with the program. */
  readonly starterPath: string;
  /** Folder of the built pages; a console without pages serves the API alone. */
  readonly webDist?: string;
  /** PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Addresses or CIDR ranges of proxies that end TLS in front of the console and whose `X-Forwarded-*` are believed. */
  readonly trustedProxy?: readonly string[];
  /** Networks (CIDR ranges, `private`, `loopback`) to which a configured registry may send: its token server, its blobs. */
  readonly allowedNetworks?: readonly string[];
  /** Lets connections use the identity that the cloud gives to this machine; `environment` is what the cloud's agents put there. */
  readonly machineIdentity?: {
    readonly clouds: readonly MachineCloud[];
    readonly environment: Readonly<Record<string, string | undefined>>;
  };
  /** Feeds to read that are not read by default. */
  readonly alsoFeeds?: readonly string[];
  /** Feeds that may lose more than a tenth of their records; true: all. */
  readonly allowShrink?: boolean | readonly string[];
  /** For how many days gone containers and images without a source are kept; 0: for ever. Default 90. */
  readonly retentionDays?: number;
  /** The address that people and agents use, where it differs from `listen`: `https://hullcheck.example.com`. */
  readonly publicUrl?: string;
  readonly version: string;
  /** What hosts without any Hullcheck get from here; absent: they need it from elsewhere. */
  readonly agentProgram?: AgentProgram;
  readonly log: Logger;
  /** Writes sample archives for a machine without images of its own; absent: the console has no samples. */
  readonly buildSamples?: () => Promise<readonly SampleArchive[]>;
}

/** A console that accepts requests. */
export interface RunningConsole {
  readonly url: string;
  /** One-time link for the first administrator; null once there is one. */
  readonly setupUrl: string | null;
  /** A one-use enrolment token for the agent that the same command starts on this host. */
  enrollHostAgent(): Promise<{
    readonly token: string;
    /** `sha256:…` of the certificate that answers at `url`; null where others vouch for it, or without TLS. */
    readonly pin: string | null;
  }>;
  /** Loads the sample images; nothing where there are none or they are loaded already. */
  loadSamples(): Promise<void>;
  /** Stops accepting, drains for at most 30 s, gives unfinished jobs back, stops the embedded database. */
  stop(): Promise<void>;
}
