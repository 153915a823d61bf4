import { recordedDocker29 as recorded } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { parseContainer, parseContainerDetails } from './container-schema.ts';
import { parseImage, parseImageDetails } from './image-schema.ts';
import { imagesOfPlatforms } from './platform-images.ts';

const index = 'sha256:1e42bbe2508154c9126d48c2b8a75420c3544343bf86fd041fb7527e017a4b4a';

/* What Docker 29 answered elsewhere (testkit/src/testdata/docker-29.ts names where), read by what reads it here. */

it('reads the image that an engine lists as an index, not as a configuration', () => {
  expect(parseImage(recorded.listed.answer)).toMatchObject({
    id: index,
    idKind: 'index',
    digests: [
      { kind: 'index', digest: index, repository: null },
      { kind: 'index', digest: index, repository: 'alpine' },
    ],
    createdAt: '2024-09-06T12:05:36.000Z',
    containers: null,
  });
});

it('takes no attestation for an image', () => {
  const entry = { ...recorded.listed.answer, Manifests: [recorded.attestation.answer] };
  expect(parseImage(entry)?.manifests).toEqual([]);
});

it('reads of a platform that was pulled what machine it is for, and that nobody uses it', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const manifest = { ID: digest, Kind: 'image', Available: true, ImageData: recorded.imageData.answer };
  const image = parseImage({ ...recorded.listed.answer, Manifests: [manifest] });
  expect(image?.manifests).toMatchObject([
    { digest, available: true, isUsed: false, platform: { os: 'linux', architecture: 'amd64', variant: null } },
  ]);
  if (image === undefined) throw new Error('not an image');
  expect(imagesOfPlatforms(image, { os: 'linux', architecture: 'amd64' }).map(({ id }) => id)).toEqual([
    `${index}@${digest}`,
  ]);
});

it('reads details of an image without a platform as such', () => {
  expect(parseImageDetails(recorded.inspected.answer)).toMatchObject({ id: index, platform: null, diffIds: [] });
});

it('reads the manifest that a container was made of', () => {
  const digest = recorded.inspectedContainer.answer.ImageManifestDescriptor.digest;
  const listed = recorded.listedContainer.answer;
  const descriptor = { ...listed.ImageManifestDescriptor, digest };
  expect(parseContainer({ ...listed, ImageID: index, ImageManifestDescriptor: descriptor })).toMatchObject({
    name: 'mc-server',
    imageId: index,
    imageManifestDigest: digest,
    state: 'running',
    createdAt: '2026-02-16T20:21:06.000Z',
  });
  expect(parseContainerDetails(recorded.inspectedContainer.answer)).toMatchObject({
    name: 'mongodb',
    imageId: 'sha256:5d7043a4ffe02b9ed1b6e0bab057546981af5ca0a79107e9c461e49bc44c0a7b',
    startedAt: '2026-09-30T21:17:10.30650717Z',
    finishedAt: null,
    exitCode: null,
    networkMode: 'lemoncode-net',
    environmentNames: ['MONGO_MAJOR', 'MONGO_VERSION', 'HOME'],
  });
});
