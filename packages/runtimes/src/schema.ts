import { type Platform, parseDigest, type TypedDigest } from '@hullcheck/core';
import { z } from 'zod';
import type {
  ContainerState,
  EngineContainer,
  EngineContainerDetails,
  EngineEvent,
  EngineHistoryEntry,
  EngineImage,
  EngineImageDetails,
  EngineManifest,
  IdKind,
} from './engine.ts';
import { textCharactersMax } from './limits.ts';

// Engines differ in what they leave out: only an id is demanded, everything else has a value for "not said".
const text = z
  .string()
  .catch('')
  .transform((value) => value.slice(0, textCharactersMax));
const texts = z.array(text).max(100_000).nullish().catch(null);
const labels = z.record(z.string(), text).nullish().catch(null);
const integer = z.number().int().catch(0);
const unixSeconds = z
  .union([z.number(), z.string()])
  .nullish()
  .catch(null)
  .transform((value) => (typeof value === 'string' ? parseTime(value) : fromUnix(value)));
const time = z.string().nullish().catch(null).transform(parseTime);
const id = z.string().min(1).max(200);

const Descriptor = z.object({ mediaType: text, digest: text }).nullish().catch(null);
const PlatformText = z
  .object({ os: text.optional(), architecture: text.optional(), variant: text.optional() })
  .nullish()
  .catch(null)
  .transform((value) => toPlatform(value?.os, value?.architecture, value?.variant));

const ImageEntry = z.object({
  Id: id,
  RepoTags: texts,
  RepoDigests: texts,
  Created: unixSeconds,
  Size: z.number().nullish().catch(null),
  Labels: labels,
  Containers: integer.optional(),
  Descriptor,
  /** Podman: the digest by which it was pulled. */
  Digest: z.string().optional().catch(undefined),
  Manifests: z
    .array(
      z.object({
        ID: text,
        Kind: text,
        Available: z.boolean().catch(false),
        Descriptor: z.object({ platform: PlatformText }).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
});

/** One entry of `/images/json`; undefined where it has no id. */
export function parseImage(value: unknown, engine: 'docker' | 'podman'): EngineImage | undefined {
  const parsed = ImageEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const entry = parsed.data;
  const imageId = withAlgorithm(entry.Id);
  const idKind = kindOf(entry.Descriptor?.mediaType);
  const repoDigests = named(entry.RepoDigests);
  const manifests = (entry.Manifests ?? []).flatMap(
    ({ ID, Kind, Available, Descriptor: descriptor }): EngineManifest[] => {
      const digest = parseDigest(ID);
      if (digest === undefined || Kind !== 'image') return [];
      return [{ digest, platform: descriptor?.platform ?? null, available: Available }];
    },
  );
  return {
    id: imageId,
    idKind,
    digests: uniqueDigests([
      ...(parseDigest(imageId) === undefined || idKind === 'unknown' ? [] : [typed(idKind, imageId, null)]),
      ...manifests.map(({ digest }) => typed('manifest', digest, null)),
      ...repositoryDigests(repoDigests, idKind === 'config' ? undefined : { imageId, idKind }),
      ...(engine === 'podman' ? podmanDigests(repoDigests, entry.Digest) : []),
    ]),
    tags: named(entry.RepoTags),
    repoDigests,
    createdAt: entry.Created,
    sizeBytes: entry.Size ?? null,
    labels: entry.Labels ?? {},
    containers: entry.Containers === undefined || entry.Containers < 0 ? null : entry.Containers,
    manifests,
  };
}

/**
 * What an id hashes. A store of layers (overlay2, vfs, Podman) says nothing: its ids are config digests. The containerd
 * store gives the target's descriptor, whose media type tells index from manifest.
 */
function kindOf(mediaType: string | undefined): IdKind {
  if (mediaType === undefined) return 'config';
  if (/(?:image\.index|manifest\.list)\./.test(mediaType)) return 'index';
  return /(?:image\.manifest|distribution\.manifest)\./.test(mediaType) ? 'manifest' : 'unknown';
}

/** In a containerd store the digest by which an image is named is its own id, so its kind is known. */
function repositoryDigests(
  repoDigests: readonly string[],
  target: { readonly imageId: string; readonly idKind: IdKind } | undefined,
): readonly (TypedDigest | undefined)[] {
  if (target === undefined || target.idKind === 'unknown') return [];
  const kind = target.idKind;
  return repoDigests
    .map(splitRepoDigest)
    .map(({ repository, digest }) => (digest === target.imageId ? typed(kind, digest, repository) : undefined));
}

/**
 * Podman names an image pulled by an index under both digests and keeps the index's as `Digest`. With exactly two, the
 * other one is the platform's manifest; with one, nothing tells which it is.
 */
function podmanDigests(
  repoDigests: readonly string[],
  pulledBy: string | undefined,
): readonly (TypedDigest | undefined)[] {
  const split = repoDigests.map(splitRepoDigest);
  const distinct = new Set(split.map(({ digest }) => digest));
  if (pulledBy === undefined || distinct.size !== 2 || !distinct.has(pulledBy)) return [];
  return split.map(({ repository, digest }) => typed(digest === pulledBy ? 'index' : 'manifest', digest, repository));
}

const ContainerEntry = z.object({
  Id: id,
  Names: texts,
  Image: text,
  ImageID: text,
  ImageManifestDescriptor: Descriptor,
  Created: unixSeconds,
  State: text,
  Ports: z
    .array(
      z.object({
        IP: text.optional(),
        PrivatePort: integer,
        PublicPort: z.number().int().optional().catch(undefined),
        Type: text,
      }),
    )
    .nullish()
    .catch(null),
  Labels: labels,
});

/** One entry of `/containers/json`; undefined where it has no id. */
export function parseContainer(value: unknown): EngineContainer | undefined {
  const parsed = ContainerEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const entry = parsed.data;
  return {
    id: entry.Id,
    name: (entry.Names?.[0] ?? '').replace(/^\//, ''),
    imageReference: entry.Image,
    imageId: withAlgorithm(entry.ImageID),
    imageManifestDigest: parseDigest(entry.ImageManifestDescriptor?.digest ?? '') ?? null,
    state: toState(entry.State),
    createdAt: entry.Created,
    ports: (entry.Ports ?? []).map(({ IP, PrivatePort, PublicPort, Type }) => ({
      ip: IP ?? '',
      host: PublicPort ?? null,
      container: PrivatePort,
      protocol: Type,
    })),
    labels: entry.Labels ?? {},
  };
}

const Config = z.object({ Env: texts, User: text.optional(), Labels: labels }).nullish().catch(null);

const ImageDetails = z.object({
  Id: id,
  RepoTags: texts,
  RepoDigests: texts,
  Created: time,
  Os: text.optional(),
  Architecture: text.optional(),
  Variant: text.optional(),
  Size: z.number().nullish().catch(null),
  RootFS: z.object({ Layers: texts }).nullish().catch(null),
  Config,
});

/** `/images/{id}/json`. */
export function parseImageDetails(value: unknown): EngineImageDetails | undefined {
  const parsed = ImageDetails.safeParse(value);
  if (!parsed.success) return undefined;
  const entry = parsed.data;
  return {
    id: withAlgorithm(entry.Id),
    tags: named(entry.RepoTags),
    repoDigests: named(entry.RepoDigests),
    platform: toPlatform(entry.Os, entry.Architecture, entry.Variant),
    createdAt: entry.Created,
    sizeBytes: entry.Size ?? null,
    diffIds: (entry.RootFS?.Layers ?? []).flatMap((layer) => parseDigest(layer) ?? []),
    user: entry.Config?.User ?? '',
    environmentNames: environmentNames(entry.Config?.Env),
    labels: entry.Config?.Labels ?? {},
  };
}

const ContainerDetails = z.object({
  Id: id,
  Name: text,
  Image: text,
  Created: time,
  RestartCount: integer.optional(),
  State: z
    .object({ Status: text, Running: z.boolean().catch(false), ExitCode: integer, StartedAt: time, FinishedAt: time })
    .nullish()
    .catch(null),
  HostConfig: z
    .object({
      Privileged: z.boolean().catch(false),
      ReadonlyRootfs: z.boolean().catch(false),
      CapAdd: texts,
      NetworkMode: text,
      PidMode: text,
    })
    .nullish()
    .catch(null),
  Config,
});

/** `/containers/{id}/json`. */
export function parseContainerDetails(value: unknown): EngineContainerDetails | undefined {
  const parsed = ContainerDetails.safeParse(value);
  if (!parsed.success) return undefined;
  const { State: state, HostConfig: host, Config: config, ...entry } = parsed.data;
  const isOver = state !== undefined && state !== null && !state.Running && state.FinishedAt !== null;
  return {
    id: entry.Id,
    name: entry.Name.replace(/^\//, ''),
    imageId: withAlgorithm(entry.Image),
    state: toState(state?.Status ?? ''),
    createdAt: entry.Created,
    startedAt: state?.StartedAt ?? null,
    finishedAt: state?.FinishedAt ?? null,
    exitCode: isOver ? state.ExitCode : null,
    restartCount: entry.RestartCount ?? 0,
    user: config?.User ?? '',
    privileged: host?.Privileged ?? false,
    readonlyRoot: host?.ReadonlyRootfs ?? false,
    capabilitiesAdded: host?.CapAdd ?? [],
    networkMode: host?.NetworkMode ?? '',
    pidMode: host?.PidMode ?? '',
    environmentNames: environmentNames(config?.Env),
  };
}

const HistoryEntry = z.object({ Created: unixSeconds, CreatedBy: text, Size: z.number().catch(0) });

export function parseHistoryEntry(value: unknown): EngineHistoryEntry | undefined {
  const parsed = HistoryEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const { Created, CreatedBy, Size } = parsed.data;
  return { createdAt: Created, createdBy: CreatedBy === '' ? null : CreatedBy, sizeBytes: Size };
}

const Event = z.object({
  Type: z.enum(['image', 'container']),
  Action: text,
  Actor: z.object({ ID: text }),
  time: z.number(),
});

/** One line of `/events`; undefined for kinds that nobody asked for. */
export function parseEvent(value: unknown): EngineEvent | undefined {
  const parsed = Event.safeParse(value);
  if (!parsed.success) return undefined;
  const { Type, Action, Actor, time: timeSeconds } = parsed.data;
  return { kind: Type, action: Action, id: Actor.ID, timeSeconds };
}

const STATES: readonly ContainerState[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

function toState(value: string): ContainerState {
  const lower = value.toLowerCase();
  // Podman's own words for what Docker calls created and exited.
  if (lower === 'configured' || lower === 'initialized') return 'created';
  if (lower === 'stopped' || lower === 'stopping') return 'exited';
  return STATES.find((state) => state === lower) ?? 'unknown';
}

function toPlatform(
  os: string | undefined,
  architecture: string | undefined,
  variant: string | undefined,
): Platform | null {
  if (os === undefined || os === '' || architecture === undefined || architecture === '') return null;
  return { os, architecture, variant: variant === undefined || variant === '' ? null : variant };
}

function environmentNames(environment: readonly string[] | null | undefined): readonly string[] {
  return (environment ?? []).map((entry) => entry.split('=', 1)[0] ?? '');
}

/** Without the `<none>:<none>` and `<none>@<none>` that stand for "no name". */
function named(values: readonly string[] | null | undefined): readonly string[] {
  return (values ?? []).filter((value) => value !== '' && !value.includes('<none>'));
}

function withAlgorithm(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? `sha256:${value}` : value;
}

function splitRepoDigest(value: string): { readonly repository: string; readonly digest: string } {
  const at = value.lastIndexOf('@');
  return { repository: value.slice(0, Math.max(at, 0)), digest: value.slice(at + 1) };
}

function typed(kind: TypedDigest['kind'], value: string, repository: string | null): TypedDigest | undefined {
  const digest = parseDigest(value);
  return digest === undefined ? undefined : { kind, digest, repository };
}

function uniqueDigests(digests: readonly (TypedDigest | undefined)[]): readonly TypedDigest[] {
  const unique = new Map<string, TypedDigest>();
  for (const digest of digests) {
    if (digest !== undefined) unique.set(`${digest.kind} ${digest.digest} ${digest.repository ?? ''}`, digest);
  }
  return [...unique.values()];
}

/** Go's zero time, which engines write for "never", is null. */
function parseTime(value: string | null | undefined): string | null {
  if (value === null || value === undefined || value.startsWith('0001-')) return null;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
    ? value
    : null;
}

function fromUnix(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined || seconds <= 0 || seconds > 253_402_300_799) return null;
  return new Date(seconds * 1000).toISOString();
}
