import { describe, expect, it } from 'vitest';
import { parseContainer, parseContainerDetails } from './container-schema.ts';
import { parseImage } from './image-schema.ts';

const sha = (letter: string) => `sha256:${letter.repeat(64)}`;

describe('parseImage', () => {
  it('takes the id of a store of layers as config digest and guesses nothing else', () => {
    const image = parseImage({
      Id: sha('c'),
      RepoTags: ['web:1', '<none>:<none>'],
      RepoDigests: [`web@${sha('a')}`, '<none>@<none>'],
      Created: 1_700_000_000,
      Size: 5,
      Labels: null,
      Containers: -1,
    });
    expect(image).toMatchObject({
      idKind: 'config',
      digests: [{ kind: 'config', digest: sha('c') }],
      tags: ['web:1'],
      repoDigests: [`web@${sha('a')}`],
      containers: null,
      createdAt: '2023-11-14T22:13:20.000Z',
    });
  });

  it('takes the id of a containerd store as what its descriptor says, never as config digest', () => {
    const entry = {
      Id: sha('e'),
      RepoTags: ['web:1'],
      RepoDigests: [`web@${sha('e')}`],
      Descriptor: { mediaType: 'application/vnd.oci.image.index.v1+json', digest: sha('e'), size: 1 },
      Manifests: [
        {
          ID: sha('a'),
          Kind: 'image',
          Available: true,
          Descriptor: { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        },
        {
          ID: sha('b'),
          Kind: 'attestation',
          Available: true,
          Descriptor: { platform: { os: 'unknown', architecture: 'unknown' } },
        },
      ],
    };
    const image = parseImage(entry);
    expect(image?.idKind).toBe('index');
    expect(image?.digests).toEqual([
      { kind: 'index', digest: sha('e'), repository: null },
      { kind: 'index', digest: sha('e'), repository: 'web' },
    ]);
    expect(image?.manifests).toMatchObject([
      { digest: sha('a'), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }, available: true },
    ]);
    const single = {
      ...entry,
      Descriptor: { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest: sha('e') },
    };
    expect(parseImage({ ...single, Manifests: null })?.idKind).toBe('manifest');
    expect(parseImage({ ...entry, Descriptor: { mediaType: 'x', digest: sha('e') } })?.idKind).toBe('unknown');
  });

  it('gives the digests of Podman no kind: it keeps no mark of which is the index', () => {
    // Podman 4.3 pulled the manifest `a` by digest, then the index `e` by tag: `Digest` stays what was pulled first.
    const entry = { Id: 'c'.repeat(64), RepoDigests: [`r/web@${sha('a')}`, `r/web@${sha('e')}`], Digest: sha('a') };
    expect(parseImage(entry)).toMatchObject({
      id: sha('c'),
      digests: [{ kind: 'config', digest: sha('c'), repository: null }],
      repoDigests: entry.RepoDigests,
    });
    expect(parseImage(entry)?.digests).toHaveLength(1);
  });

  it('survives entries of nonsense', () => {
    expect(
      parseImage({ Id: sha('c'), RepoTags: 7, RepoDigests: [null], Created: 'x', Size: 'x', Labels: [] }),
    ).toMatchObject({
      tags: [],
      createdAt: null,
      sizeBytes: null,
      labels: {},
    });
    for (const value of [null, 'x', {}, { Id: 7 }, []]) expect(parseImage(value)).toBeUndefined();
  });
});

describe('parseContainer', () => {
  it('reads name, ports and the platform manifest', () => {
    expect(
      parseContainer({
        Id: 'abc',
        Names: ['/web'],
        Image: 'web:1',
        ImageID: sha('e'),
        ImageManifestDescriptor: { mediaType: 'm', digest: sha('a') },
        Created: 1,
        State: 'RUNNING',
        Ports: [
          { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
          { PrivatePort: 81, Type: 'udp' },
        ],
      }),
    ).toMatchObject({
      name: 'web',
      imageManifestDigest: sha('a'),
      state: 'running',
      ports: [
        { ip: '::', host: 8080, container: 80, protocol: 'tcp' },
        { ip: '', host: null, container: 81, protocol: 'udp' },
      ],
    });
  });

  it.each([
    ['running', 'running'],
    ['configured', 'created'],
    ['stopped', 'exited'],
    ['removing', 'removing'],
    ['on fire', 'unknown'],
  ])('calls the state %s %s', (word, state) => {
    expect(parseContainer({ Id: 'a', State: word })?.state).toBe(state);
  });

  it('reads zero times as never', () => {
    const details = parseContainerDetails({
      Id: 'a',
      Created: '2024-01-02T03:04:05.678901234Z',
      State: {
        Status: 'created',
        Running: false,
        ExitCode: 0,
        StartedAt: '0001-01-01T00:00:00Z',
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      Config: { Env: ['A=secret', 'B'] },
    });
    expect(details).toMatchObject({
      createdAt: '2024-01-02T03:04:05.678901234Z',
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      environmentNames: ['A', 'B'],
    });
    expect(parseContainer({ Id: 'a', Created: -62_135_596_800 })?.createdAt).toBeNull();
  });
});
