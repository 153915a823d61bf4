import type { Digest, Platform, TypedDigest } from '@hullcheck/core';

/** `cri`: another runtime behind Kubernetes' interface, such as cri-dockerd. */
export type EngineKind = 'docker' | 'podman' | 'containerd' | 'cri-o' | 'cri' | 'kubernetes' | 'registry';

/** What a container engine says about itself. */
export interface EngineInfo {
  readonly kind: EngineKind;
  readonly version: string;
  /** Version of the API that this client speaks with it. */
  readonly apiVersion: string;
  /** `containerd`: an image's id is the digest of its index or manifest. `layers`: it is its config digest. */
  readonly store: 'containerd' | 'layers';
  readonly driver: string;
  readonly hostName: string;
  readonly operatingSystem: string | null;
  readonly kernel: string | null;
  readonly architecture: string | null;
  readonly rootless: boolean;
}

export type IdKind = 'config' | 'manifest' | 'index' | 'unknown';

export interface EngineImage {
  /**
   * As the engine names it, with `sha256:`. Where it keeps several platforms under the digest of an index, with `@` and the digest of
   * the manifest that this one is.
   */
  readonly id: string;
  /** What the engine's own name for it hashes. */
  readonly idKind: IdKind;
  /** What the engine proves of kind: never a guess. Repository digests whose kind it hides are only in `repoDigests`. */
  readonly digests: readonly TypedDigest[];
  readonly tags: readonly string[];
  /** `repository@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** Null where only inspecting tells. */
  readonly platform: Platform | null;
  readonly createdAt: string | null;
  readonly sizeBytes: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Null where the engine did not count. */
  readonly containers: number | null;
  /** Platforms of an index in a containerd store, with what is here. */
  readonly manifests: readonly EngineManifest[];
  /** Of those under one index the one that a container is made of which names the index alone. */
  readonly isDefault?: boolean;
}

export interface EngineManifest {
  readonly digest: Digest;
  readonly platform: Platform | null;
  readonly available: boolean;
  /** A container was made of it. Only Docker tells. */
  readonly isUsed?: boolean;
  readonly sizeBytes?: number | null;
}

export type ContainerState =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead'
  | 'unknown';

export interface EnginePort {
  readonly ip: string;
  /** Null where the port is not published. */
  readonly host: number | null;
  readonly container: number;
  readonly protocol: string;
}

/** The pod that a container belongs to. */
export interface EnginePod {
  /** Of Kubernetes; Podman's own pods have none. */
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
  /** What was deployed: `Deployment/web`. Only the cluster's own API tells, as it does the node. */
  readonly owner?: string | null;
  readonly node?: string | null;
}

export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  /** As its creator named it; a digest after the tag moved on. */
  readonly imageReference: string;
  readonly imageId: string;
  /** Platform manifest, from containerd stores since API 1.48. */
  readonly imageManifestDigest: Digest | null;
  readonly state: ContainerState;
  readonly createdAt: string | null;
  readonly ports: readonly EnginePort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: EnginePod | null;
}

export interface EngineImageDetails {
  readonly id: string;
  readonly tags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly platform: Platform | null;
  readonly createdAt: string | null;
  readonly sizeBytes: number | null;
  readonly diffIds: readonly Digest[];
  readonly user: string;
  /** Names only: values hold secrets. */
  readonly environmentNames: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface EngineContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly state: ContainerState;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Null while it runs. */
  readonly exitCode: number | null;
  readonly restartCount: number;
  readonly user: string;
  readonly privileged: boolean;
  readonly readonlyRoot: boolean;
  readonly capabilitiesAdded: readonly string[];
  readonly networkMode: string;
  readonly pidMode: string;
  readonly environmentNames: readonly string[];
}

export interface EngineHistoryEntry {
  readonly createdAt: string | null;
  readonly createdBy: string | null;
  readonly sizeBytes: number;
}

export interface EngineEvent {
  readonly kind: 'image' | 'container';
  /** `create`, `start`, `die`, `pull`, `tag`, `delete` … */
  readonly action: string;
  readonly id: string;
  /** Epoch seconds. */
  readonly timeSeconds: number;
}
