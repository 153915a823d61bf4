import type { EngineImage, EngineManifest } from './engine.ts';

/** The operating system and architecture that an engine runs, as OCI names them; null where it does not say. */
export interface EnginePlatform {
  readonly os: string;
  readonly architecture: string;
}

/**
 * What an engine with a containerd store has under one name: for each platform of which the content is here or a container was made, an
 * image of its own. Where nothing is here, the one that this engine would run. Only the engine's own name leads to all of them.
 */
export function imagesOfPlatforms(image: EngineImage, host: EnginePlatform | null): readonly EngineImage[] {
  const manifests = [...new Map(image.manifests.map((manifest) => [manifest.digest, manifest])).values()];
  if (image.idKind !== 'index') {
    const own = manifests.find(({ digest }) => digest === image.id);
    return [own === undefined ? image : { ...image, platform: own.platform }];
  }
  const isNative = ({ platform }: EngineManifest) =>
    host !== null && platform?.os === host.os && platform.architecture === host.architecture;
  const here = manifests.filter(({ available, isUsed }) => available || isUsed);
  const chosen = here.length > 0 ? here : manifests.filter(isNative).slice(0, 1);
  if (chosen.length === 0) return [image];
  const usual = chosen.find(isNative) ?? (chosen.length === 1 ? chosen[0] : undefined);
  return chosen.map((manifest) => ({
    ...image,
    // Times, labels and the size of the whole are those of the platform that the engine prefers.
    ...(manifest === usual ? {} : { createdAt: null, labels: {}, sizeBytes: null }),
    ...(manifest.sizeBytes == null ? {} : { sizeBytes: manifest.sizeBytes }),
    id: `${image.id}@${manifest.digest}`,
    digests: [...image.digests, { kind: 'manifest', digest: manifest.digest, repository: null }],
    platform: manifest.platform,
    isDefault: manifest === usual,
  }));
}

/** The engine's own name for an image, and the manifest that is meant under it. A name that a person gave may hold an `@` as well. */
export function engineNameOf(id: string): { readonly name: string; readonly manifest: string | null } {
  const [, name, manifest] = /^(sha256:[0-9a-f]{64})@(sha256:[0-9a-f]{64})$/.exec(id) ?? [];
  return name === undefined ? { name: id, manifest: null } : { name, manifest: manifest ?? null };
}
