import { type Digest, parseDigest } from '@hullcheck/core';
import { z } from 'zod';
import { visibleText } from '../layers/visible-text.ts';
import { archiveLimits, imageLimits } from '../limits.ts';

/* The JSON documents of images, each with only the fields that are used. Sources: OCI image-spec 1.1, Docker image
   manifest v2 schema 2, `docker save`'s manifest.json. Texts that people see are made visible here, once. */

const DigestText = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  context.addIssue({ code: 'custom', message: 'not a digest' });
  return z.NEVER;
});
const VisibleText = z.string().transform((text) => visibleText(text, 4096));

const Platform = z
  .object({ os: VisibleText, architecture: VisibleText, variant: VisibleText.nullish() })
  .transform(({ os, architecture, variant }) => ({ os, architecture, variant: variant || null }));

const Annotations = z.record(z.string(), z.string()).nullish();

const Descriptor = z.object({
  mediaType: z.string().default(''),
  digest: DigestText,
  size: z.number().int().nonnegative(),
  annotations: Annotations,
  urls: z.array(z.string()).nullish(),
});
export type Descriptor = z.infer<typeof Descriptor>;

export const Manifest = z.object({
  schemaVersion: z.number().optional(),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor).max(imageLimits.layersMax),
});
export type Manifest = z.infer<typeof Manifest>;

export const Index = z.object({
  schemaVersion: z.number().optional(),
  mediaType: z.string().optional(),
  manifests: z
    .array(Descriptor.extend({ platform: Platform.nullish(), artifactType: z.string().optional() }))
    .max(imageLimits.manifestsPerIndexMax),
});
export type Index = z.infer<typeof Index>;
export type IndexEntry = Index['manifests'][number];

/** Enough of any manifest to tell which it is; one that reads as two kinds is refused (CVE-2021-41190). */
export const AnyManifest = z.object({
  schemaVersion: z.number().optional(),
  mediaType: z.string().optional(),
  manifests: z.unknown().optional(),
  layers: z.unknown().optional(),
  fsLayers: z.unknown().optional(),
});

export const Config = z.object({
  os: VisibleText.default(''),
  architecture: VisibleText.default(''),
  variant: VisibleText.nullish(),
  created: VisibleText.nullish(),
  rootfs: z.object({ diff_ids: z.array(DigestText).nullish() }),
  history: z
    .array(z.object({ created_by: VisibleText.nullish(), empty_layer: z.boolean().nullish() }))
    .max(imageLimits.historyEntriesMax)
    .nullish(),
});
export type Config = z.infer<typeof Config>;

export const DockerManifest = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(VisibleText).max(imageLimits.tagsMax).nullish(),
      Layers: z.array(z.string()).max(imageLimits.layersMax).nullish(),
    }),
  )
  .min(1)
  .max(archiveLimits.imagesMax);
export type DockerManifest = z.infer<typeof DockerManifest>;
