import type { AgentContainer, AgentImage } from '@hullcheck/contract';
import { type Digest, formatPlatform, type Platform } from '@hullcheck/core';
import { type ContainerRun, type EngineContainer, type EngineImage, engineNameOf } from '@hullcheck/runtimes';
import { labelsMax } from '../limits.ts';
import type { EntryTexts } from './delta.ts';

export function toAgentImage(image: EngineImage, key: string, runtime: string): Omit<AgentImage, 'platform'> {
  const of = (kind: 'config' | 'manifest' | 'index'): Digest[] => [
    ...new Set(image.digests.filter((digest) => digest.kind === kind).map(({ digest }) => digest)),
  ];
  return {
    key,
    runtime,
    id: engineNameOf(image.id).name,
    idKind: image.idKind,
    configDigest: of('config')[0] ?? null,
    manifestDigests: of('manifest').slice(0, 100),
    indexDigests: of('index').slice(0, 100),
    repoTags: texts(image.tags, 600, 1000),
    repoDigests: texts(image.repoDigests, 600, 1000),
    size: image.sizeBytes,
    created: image.createdAt,
    labels: toLabels(image.labels),
  };
}

export function platformText(platform: Platform | null): string {
  const said: Pick<AgentImage, 'platform'> = {
    platform: platform === null ? null : text(formatPlatform(platform), 100),
  };
  return JSON.stringify(said);
}

export const PLATFORM_UNKNOWN = platformText(null);

type Run = Pick<AgentContainer, 'started' | 'finished' | 'exitCode' | 'networkMode'>;

export function runText(found: ContainerRun | null): string {
  const run: Run = {
    started: found?.startedAt ?? null,
    finished: found?.finishedAt ?? null,
    // Windows' codes have the 32nd bit set; PostgreSQL's int, and Windows' own tools, show them with a sign.
    exitCode: found?.exitCode == null ? null : found.exitCode | 0,
    networkMode: text(found?.networkMode ?? '', 300) || null,
  };
  return JSON.stringify(run);
}

export const NEVER_RAN = runText(null);

export function toAgentContainer(
  container: EngineContainer,
  runtime: string,
  images: ListedImages,
): Omit<AgentContainer, keyof Run> {
  return {
    id: text(container.id, 200),
    runtime,
    name: text(container.name, 600),
    imageKey: imageKeyOf(container, runtime, images),
    imageReference: text(container.imageReference, 600),
    state: container.state,
    created: container.createdAt,
    ports: container.ports
      .slice(0, 1000)
      .flatMap(({ ip, host, container: inside, protocol }) =>
        host === null ? [] : [{ ip: text(ip, 60), host, container: inside, protocol: text(protocol, 10) }],
      ),
    labels: toLabels(container.labels),
    pod:
      container.pod === null
        ? null
        : {
            namespace: container.pod.namespace === null ? null : text(container.pod.namespace, 300),
            name: text(container.pod.name, 300),
            uid: text(container.pod.uid, 100),
            owner: container.pod.owner == null ? null : text(container.pod.owner, 400),
            node: container.pod.node == null ? null : text(container.pod.node, 300),
          },
  };
}

/** The images of a runtime by key, and the keys of those that a container means which names only what several go by. */
export interface ListedImages {
  readonly texts: Pick<EntryTexts, 'has'>;
  readonly defaults: ReadonlyMap<string, string>;
}

/** Null where the image is not there any more. Of several under one name never another one than what the container was made of. */
function imageKeyOf(
  { imageId, imageManifestDigest }: EngineContainer,
  runtime: string,
  { texts, defaults }: ListedImages,
): string | null {
  const key = `${runtime}/${imageId}`;
  if (texts.has(key)) return key;
  if (imageManifestDigest === null) return defaults.get(key) ?? null;
  const exact = `${key}@${imageManifestDigest}`;
  return texts.has(exact) ? exact : null;
}

function toLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, labelsMax)
      .map(([name, value]) => [text(name, 300), text(value, 2000)]),
  );
}

/** Foreign text as the contract takes it: bounded, without U+0000. */
export function text(value: string, charactersMax: number): string {
  return value.replaceAll('\0', '').slice(0, charactersMax);
}

function texts(values: readonly string[], charactersMax: number, entriesMax: number): string[] {
  return values.slice(0, entriesMax).map((value) => text(value, charactersMax));
}
