import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestOf } from './digest.ts';
import { recordedDocker29 as recorded } from './testdata/docker-29.ts';

/** An image for several platforms, each with these files in its one layer. */
export interface MultiPlatformImage {
  readonly name: string;
  readonly digest: string;
  /** By architecture: the manifest, its configuration and its attestation. */
  readonly platforms: ReadonlyMap<
    string,
    { readonly manifest: string; readonly config: string; readonly proof: string }
  >;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

export function makeMultiPlatformImage(
  name: string,
  platforms: { readonly [architecture: string]: { readonly [path: string]: string } },
): MultiPlatformImage {
  const blobs = new Map<string, Buffer>();
  const put = (bytes: Buffer) => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  };
  const made = Object.entries(platforms).map(([architecture, files]) => {
    const layer = put(packed(files));
    const config = put(
      json({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } }),
    );
    const image = put(
      json({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
      }),
    );
    const statement = put(json({ predicateType: 'https://slsa.dev/provenance/v1', of: architecture }));
    const proof = put(
      json({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          ...put(json({ architecture: 'unknown', of: architecture })),
        },
        layers: [{ mediaType: 'application/vnd.in-toto+json', ...statement }],
      }),
    );
    return { architecture, config, image, proof };
  });
  const index = put(
    json({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: made.flatMap(({ architecture, image, proof }) => [
        { mediaType: MANIFEST, ...image, platform: { architecture, os: 'linux' } },
        {
          ...recorded.attestation.answer.Descriptor,
          ...proof,
          annotations: {
            ...recorded.attestation.answer.Descriptor.annotations,
            'vnd.docker.reference.digest': image.digest,
          },
        },
      ]),
    }),
  );
  return {
    name,
    digest: index.digest,
    blobs,
    platforms: new Map(
      made.map(({ architecture, config, image, proof }) => [
        architecture,
        { manifest: image.digest, config: config.digest, proof: proof.digest },
      ]),
    ),
  };
}

/** What runs on the engine: of which image and platform. `names` false: as one that was made before Engine 28, without its manifest. */
export interface PlayedContainer {
  readonly id: string;
  readonly name: string;
  readonly image: MultiPlatformImage;
  readonly architecture: string;
  readonly names?: boolean;
}

export interface Docker29Options {
  /** Of the machine. */
  readonly architecture: string;
  /** Which platforms of each image were pulled. */
  readonly images: readonly { readonly image: MultiPlatformImage; readonly pulled: readonly string[] }[];
  readonly containers: readonly PlayedContainer[];
}

/**
 * Docker Engine 29 with the containerd image store on a Unix socket: answers in the shapes that were recorded (testdata/docker-29.ts),
 * by the rules of moby's daemon/containerd: all platforms of an index are listed, inspecting knows the machine's alone, and an export
 * has all platforms that are here, or the one that is asked for in an index of one level. It can't show: what a real engine does
 * under load, or with content that is broken.
 */
export async function startDocker29(socketPath: string, options: Docker29Options) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    seen.push(`${request.method} ${url}`);
    const reply = (value: unknown) => response.end(JSON.stringify(value));
    const [, version, path = '', query = ''] = /^(?:\/v1\.(\d+))?(\/[^?]*)(?:\?(.*))?$/.exec(url) ?? [];
    if (path === '/version') return void reply(versionOf(options));
    if (version === undefined || Number(version) < 44)
      return void response
        .writeHead(400)
        .end('{"message":"client version is too old. Minimum supported API version is 1.44"}');
    const held = options.images.find(({ image }) => path.startsWith(`/images/${image.digest}/`));
    const container = options.containers.find(({ id }) => path === `/containers/${id}/json`);
    if (path === '/info') reply(infoOf(options));
    else if (path === '/images/json')
      reply(options.images.map((one) => listed(one, options, query.includes('manifests=true'))));
    else if (path === '/containers/json') reply(options.containers.map((one) => listedContainer(one, Number(version))));
    else if (container !== undefined) reply(inspectedContainer(container));
    else if (held !== undefined && path.endsWith('/json')) reply(inspected(held, options));
    else if (held !== undefined && path.endsWith('/get')) save(held, query, response);
    else if (path === '/events') response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    else response.writeHead(404).end('{"message":"page not found"}');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    seen: seen as readonly string[],
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Held = Docker29Options['images'][number];

function versionOf({ architecture }: Docker29Options) {
  return { ...recorded.version.answer, Arch: architecture };
}

function infoOf({ architecture }: Docker29Options) {
  return {
    Name: `played-${architecture}`,
    ServerVersion: recorded.version.answer.Version,
    OperatingSystem: 'Debian GNU/Linux 13 (trixie)',
    OSType: 'linux',
    Architecture: architecture === 'arm64' ? 'aarch64' : 'x86_64',
    Driver: 'overlayfs',
    DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
  };
}

function listed({ image, pulled }: Held, { containers }: Docker29Options, withManifests: boolean) {
  const { digest, name } = image;
  return {
    ...recorded.listed.answer,
    Id: digest,
    Descriptor: { mediaType: INDEX, digest, size: image.blobs.get(digest)?.length },
    RepoDigests: [`${name}@${digest}`],
    RepoTags: [`${name}:1`],
    SharedSize: -1,
    Size: 76_498_131,
    ...(withManifests ? { Manifests: manifestsOf(image, pulled, containers) } : {}),
  };
}

function manifestsOf(image: MultiPlatformImage, pulled: readonly string[], containers: readonly PlayedContainer[]) {
  return [...image.platforms].flatMap(([architecture, { manifest, proof }]) => {
    const isHere = pulled.includes(architecture);
    const users = containers.filter((one) => one.image === image && one.architecture === architecture);
    const { answer } = recorded.attestation;
    return [
      {
        ID: manifest,
        Descriptor: { mediaType: MANIFEST, digest: manifest, size: 559, platform: { architecture, os: 'linux' } },
        Available: isHere,
        Size: { Content: isHere ? 2_222_222 : 0, Total: isHere ? 6_781_070 : 0 },
        Kind: 'image',
        ImageData: {
          ...recorded.imageData.answer,
          Platform: { architecture, os: 'linux' },
          Size: { Unpacked: isHere ? 4_558_848 : 0 },
          Containers: users.length === 0 ? null : users.map(({ id }) => id),
        },
      },
      {
        ...answer,
        ID: proof,
        Descriptor: {
          ...answer.Descriptor,
          digest: proof,
          annotations: { ...answer.Descriptor.annotations, 'vnd.docker.reference.digest': manifest },
        },
        Available: isHere,
        AttestationData: { For: manifest },
      },
    ];
  });
}

function listedContainer({ id, name, image, architecture, names }: PlayedContainer, version: number) {
  const { ImageManifestDescriptor, ...rest } = recorded.listedContainer.answer;
  const digest = image.platforms.get(architecture)?.manifest;
  const descriptor = { ...ImageManifestDescriptor, digest, platform: { architecture, os: 'linux' } };
  return {
    ...rest,
    Id: id,
    Names: [`/${name}`],
    Image: `${image.name}:1`,
    ImageID: image.digest,
    ...(names === false || version < 48 ? {} : { ImageManifestDescriptor: descriptor }),
  };
}

function inspectedContainer({ id, name, image }: PlayedContainer) {
  return { ...recorded.inspectedContainer.answer, Id: id, Name: `/${name}`, Image: image.digest };
}

function inspected({ image, pulled }: Held, { architecture }: Docker29Options) {
  const config = pulled.includes(architecture) ? image.platforms.get(architecture)?.config : undefined;
  const { rootfs } = config === undefined ? {} : JSON.parse(String(image.blobs.get(config)));
  return {
    ...recorded.inspected.answer,
    Id: image.digest,
    RepoTags: [`${image.name}:1`],
    RepoDigests: [`${image.name}@${image.digest}`],
    Architecture: config === undefined ? '' : architecture,
    Os: config === undefined ? '' : 'linux',
    RootFS: { Type: 'layers', ...(rootfs === undefined ? {} : { Layers: rootfs.diff_ids }) },
  };
}

/** `image_exporter.go`: without a platform the whole index, as far as it is here; with one its manifest alone. */
function save({ image, pulled }: Held, query: string, response: ServerResponse): void {
  const asked = new URLSearchParams(query).get('platform');
  const wanted: string | undefined = asked === null ? undefined : JSON.parse(asked).architecture;
  const chosen = wanted === undefined ? pulled : pulled.filter((architecture) => architecture === wanted);
  const [first] = chosen;
  const main = first === undefined ? undefined : image.platforms.get(first);
  if (main === undefined)
    return void response.writeHead(404).end(JSON.stringify({ message: `no suitable export target found: ${wanted}` }));
  const target = wanted === undefined ? image.digest : main.manifest;
  const blobs = new Set(wanted === undefined ? [image.digest] : []);
  const layersOf = (manifest: string) =>
    (JSON.parse(String(image.blobs.get(manifest))).layers as { digest: string }[]).map(({ digest }) => digest);
  for (const architecture of chosen) {
    const { manifest, config } = image.platforms.get(architecture) ?? main;
    for (const digest of [manifest, config, ...layersOf(manifest)]) blobs.add(digest);
  }
  const nameOf = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  response.end(
    packed({
      'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
      'index.json': JSON.stringify({
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [
          {
            mediaType: wanted === undefined ? INDEX : MANIFEST,
            digest: target,
            size: image.blobs.get(target)?.length,
            ...(wanted === undefined ? {} : { platform: { architecture: wanted, os: 'linux' } }),
          },
        ],
      }),
      'manifest.json': JSON.stringify([
        { Config: nameOf(main.config), RepoTags: null, Layers: layersOf(main.manifest).map(nameOf) },
      ]),
      ...Object.fromEntries([...blobs].map((digest) => [nameOf(digest), image.blobs.get(digest) ?? ''])),
    }),
  );
}

/** By the machine's own tar. */
function packed(files: { readonly [path: string]: string | Uint8Array }): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-packed-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'root', path)), { recursive: true });
      writeFileSync(join(folder, 'root', path), content);
    }
    const target = join(folder, 'packed.tar');
    execFileSync('tar', ['--numeric-owner', '-cf', target, '-C', join(folder, 'root'), '.']);
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
