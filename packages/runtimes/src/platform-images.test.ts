import type { Platform } from '@hullcheck/core';
import { expect, it } from 'vitest';
import { parseImage } from './image-schema.ts';
import { imagesOfPlatforms } from './platform-images.ts';

const sha = (letter: string) => `sha256:${letter.repeat(64)}`;
const linux = (architecture: string, variant: string | null = null): Platform => ({
  os: 'linux',
  architecture,
  variant,
});
const arm = { os: 'linux', architecture: 'arm64' };

interface Told {
  readonly platform?: Platform | null;
  readonly here?: boolean;
  readonly usedBy?: readonly string[];
  readonly kind?: string;
  /** In the configuration alone. */
  readonly configured?: Platform;
}

/** An index with a manifest per letter, as Docker lists it. */
function index(manifests: Readonly<Record<string, Told>>, mediaType = 'application/vnd.oci.image.index.v1+json') {
  const image = parseImage({
    Id: sha('e'),
    RepoTags: ['web:1'],
    RepoDigests: [`web@${sha('e')}`],
    Created: 1_700_000_000,
    Size: 900,
    Labels: { a: 'b' },
    Descriptor: { mediaType, digest: sha('e'), size: 1 },
    Manifests: Object.entries(manifests).map(([letter, { platform, here, usedBy, kind, configured }]) => ({
      ID: sha(letter),
      Kind: kind ?? 'image',
      Available: here ?? false,
      Size: { Total: here ? 100 : 0, Content: 1 },
      Descriptor: { digest: sha(letter), ...(platform == null ? {} : { platform }) },
      ImageData: { Platform: configured ?? platform ?? {}, Containers: usedBy ?? null },
    })),
  });
  if (image === undefined) throw new Error('not an image');
  return image;
}
const told = (image: ReturnType<typeof index>, host: typeof arm | null = arm) =>
  imagesOfPlatforms(image, host).map(({ id, platform, isDefault }) => [
    id.replaceAll(/sha256:(.)\1*/g, '$1'),
    platform?.architecture ?? null,
    isDefault,
  ]);

it('has of an index the platform alone that is here, though the engine lists the manifests of all', () => {
  const image = index({
    a: { platform: linux('amd64') },
    b: { platform: linux('arm64', 'v8'), here: true },
    c: { platform: { os: 'unknown', architecture: 'unknown', variant: null }, here: true, kind: 'attestation' },
    d: { platform: linux('s390x') },
  });
  const [found, ...others] = imagesOfPlatforms(image, arm);
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    id: `${sha('e')}@${sha('b')}`,
    digests: [
      { kind: 'index', digest: sha('e'), repository: null },
      { kind: 'index', digest: sha('e'), repository: 'web' },
      { kind: 'manifest', digest: sha('b'), repository: null },
    ],
    platform: linux('arm64', 'v8'),
    sizeBytes: 100,
    labels: { a: 'b' },
    isDefault: true,
  });
});

it('has two images where a foreign platform is run as well, and only its own is that of the name alone', () => {
  const image = index({ a: { platform: linux('amd64'), here: true }, b: { platform: linux('arm64'), here: true } });
  expect(told(image)).toEqual([
    ['e@a', 'amd64', false],
    ['e@b', 'arm64', true],
  ]);
  const [foreign] = imagesOfPlatforms(image, arm);
  // Of which the engine tells time and labels, it does not say of this one.
  expect(foreign).toMatchObject({ createdAt: null, labels: {}, sizeBytes: 100 });
});

it('has the foreign platform alone where only that was pulled', () => {
  expect(told(index({ a: { platform: linux('amd64'), here: true }, b: { platform: linux('arm64') } }))).toEqual([
    ['e@a', 'amd64', true],
  ]);
});

it('does not choose between foreign platforms for a container that names none', () => {
  const image = index({ a: { platform: linux('amd64'), here: true }, d: { platform: linux('s390x'), here: true } });
  expect(told(image)).toEqual([
    ['e@a', 'amd64', false],
    ['e@d', 's390x', false],
  ]);
  expect(told(index({ a: { platform: linux('amd64'), here: true } }), null)).toEqual([['e@a', 'amd64', true]]);
});

it('has what a container was made of, though its content went', () => {
  const image = index({ a: { platform: linux('amd64'), usedBy: ['c1'] }, b: { platform: linux('arm64'), here: true } });
  expect(told(image).map(([id]) => id)).toEqual(['e@a', 'e@b']);
});

it('has where nothing is here what this engine would run, and else the index alone', () => {
  expect(told(index({ a: { platform: linux('amd64') }, b: { platform: linux('arm64') } }))).toEqual([
    ['e@b', 'arm64', true],
  ]);
  expect(told(index({ a: { platform: linux('amd64') } }))).toEqual([['e', null, undefined]]);
  expect(told(index({}))).toEqual([['e', null, undefined]]);
});

it('knows the platform of a manifest that says none by its configuration', () => {
  const manifest = 'application/vnd.docker.distribution.manifest.v2+json';
  expect(told(index({ e: { configured: linux('amd64'), here: true } }, manifest))).toEqual([['e', 'amd64', undefined]]);
  expect(told(index({ b: { configured: linux('riscv64'), here: true } }))).toEqual([['e@b', 'riscv64', true]]);
});
