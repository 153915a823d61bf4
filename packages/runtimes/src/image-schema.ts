import { type Platform, parseDigest, type TypedDigest } from '@hullcheck/core';
import { z } from 'zod';
import type { EngineHistoryEntry, EngineImage, EngineImageDetails, EngineManifest, IdKind } from './engine.ts';
import {
  Config,
  Descriptor,
  environmentNames,
  id,
  integer,
  labels,
  named,
  PlatformText,
  text,
  texts,
  time,
  toPlatform,
  unixSeconds,
  withAlgorithm,
} from './fields.ts';

const ImageEntry = z.object({
  Id: id,
  RepoTags: texts,
  RepoDigests: texts,
  Created: unixSeconds,
  Size: z.number().nullish().catch(null),
  Labels: labels,
  Containers: integer.optional(),
  Descriptor,
  Manifests: z
    .array(
      z.object({
        ID: text,
        Kind: text,
        Available: z.boolean().catch(false),
        Descriptor: z.object({ platform: PlatformText }).nullish().catch(null),
        Size: z
          .object({ Total: z.number().nullish().catch(null) })
          .nullish()
          .catch(null),
        ImageData: z
          .object({
            Platform: PlatformText,
            Containers: texts,
          })
          .nullish()
          .catch(null),
      }),
    )
    .nullish()
    .catch(null),
});

/**
 * One entry of `/images/json`; undefined where it has no id. The manifests of an index are those of all its platforms, also of the
 * ones that were never pulled (moby's daemon/containerd/image_list.go): none of them is a digest of the image (platform-images.ts).
 */
export function parseImage(value: unknown): EngineImage | undefined {
  const parsed = ImageEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const entry = parsed.data;
  const imageId = withAlgorithm(entry.Id);
  const idKind = kindOf(entry.Descriptor?.mediaType);
  const repoDigests = named(entry.RepoDigests);
  const manifests = (entry.Manifests ?? []).flatMap(
    ({ ID, Kind, Available, Descriptor: descriptor, Size, ImageData }): EngineManifest[] => {
      const digest = parseDigest(ID);
      if (digest === undefined || Kind !== 'image') return [];
      return [
        {
          digest,
          // An index need not say it; the configuration does, as far as it is here.
          platform: descriptor?.platform ?? ImageData?.Platform ?? null,
          available: Available,
          isUsed: (ImageData?.Containers ?? []).length > 0,
          sizeBytes: Size?.Total ?? null,
        },
      ];
    },
  );
  return {
    id: imageId,
    idKind,
    digests: uniqueDigests([
      ...(parseDigest(imageId) === undefined || idKind === 'unknown' ? [] : [typed(idKind, imageId, null)]),
      ...repositoryDigests(repoDigests, idKind === 'config' ? undefined : { imageId, idKind }),
    ]),
    tags: named(entry.RepoTags),
    repoDigests,
    platform: null,
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

/**
 * In a containerd store the digest by which an image is named is its own id, so its kind is known. A store of layers
 * hides it, Podman's too: its `Digest` is whichever of manifest and index was pulled first.
 */
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

const ImagePlatform = z.object({ Os: text.optional(), Architecture: text.optional(), Variant: text.optional() });

/** The platform alone, of `/images/{id}/json` or what is left of it. */
export function parseImagePlatform(value: unknown): { readonly platform: Platform | null } | undefined {
  const parsed = ImagePlatform.safeParse(value);
  if (!parsed.success) return undefined;
  const { Os, Architecture, Variant } = parsed.data;
  return { platform: toPlatform(Os, Architecture, Variant) };
}

const HistoryEntry = z.object({ Created: unixSeconds, CreatedBy: text, Size: z.number().catch(0) });

export function parseHistoryEntry(value: unknown): EngineHistoryEntry | undefined {
  const parsed = HistoryEntry.safeParse(value);
  if (!parsed.success) return undefined;
  const { Created, CreatedBy, Size } = parsed.data;
  return { createdAt: Created, createdBy: CreatedBy === '' ? null : CreatedBy, sizeBytes: Size };
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
