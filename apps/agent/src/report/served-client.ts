import { type Digest, Fault, parseDigest, parseInstant } from '@hullcheck/core';
import type {
  ContentClient,
  ContentStore,
  EngineAnswer,
  EngineContainer,
  EngineEvent,
  EngineImage,
  EngineTransport,
  NamingClient,
} from '@hullcheck/runtimes';
import { readJsonElements, readJsonValue, toList } from '@hullcheck/runtimes';
import { z } from 'zod';
import { answerBytesMax, elementBytesMax, listBytesMax, listElementsMax } from '../limits.ts';

const digest = z.string().transform((value, context): Digest => {
  const parsed = parseDigest(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'not a digest' });
  return z.NEVER;
});
const instant = z
  .string()
  .nullable()
  .transform((value) => (value === null ? null : (parseInstant(value) ?? null)));
const platform = z.object({ os: z.string(), architecture: z.string(), variant: z.string().nullable() }).nullable();
const labels = z.record(z.string(), z.string());
const kind = z.enum(['config', 'manifest', 'index']);

const Image = z.object({
  id: z.string(),
  idKind: z.enum(['config', 'manifest', 'index', 'unknown']),
  digests: z.array(z.object({ kind, digest, repository: z.string().nullable() })),
  tags: z.array(z.string()),
  repoDigests: z.array(z.string()),
  platform,
  createdAt: instant,
  sizeBytes: z.number().nullable(),
  labels,
  containers: z.number().nullable(),
  manifests: z.array(z.object({ digest, platform, available: z.boolean() })),
}) satisfies z.ZodType<EngineImage, unknown>;
const Container = z.object({
  id: z.string(),
  name: z.string(),
  imageReference: z.string(),
  imageId: z.string(),
  imageManifestDigest: digest.nullable(),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'unknown']),
  createdAt: instant,
  ports: z.array(
    z.object({ ip: z.string(), host: z.number().nullable(), container: z.number(), protocol: z.string() }),
  ),
  labels,
  pod: z.object({ namespace: z.string().nullable(), name: z.string(), uid: z.string() }).nullable(),
}) satisfies z.ZodType<EngineContainer, unknown>;
const Run = z.object({
  startedAt: instant,
  finishedAt: instant,
  exitCode: z.number().nullable(),
  networkMode: z.string().nullable(),
});
const Event = z.object({
  kind: z.enum(['image', 'container']),
  action: z.string(),
  id: z.string(),
  timeSeconds: z.number(),
}) satisfies z.ZodType<EngineEvent, unknown>;

const LIST_MS = 60_000;
const LIST_LIMITS = { elementBytesMax, elementsMax: listElementsMax, bytesMax: listBytesMax };
const CONTENT_IDLE_MS = 120_000;

/** A runtime as the privileged half serves it, whose socket this half never sees. */
export function createServedClient(
  transport: EngineTransport,
  imagesBy: 'content' | 'none',
): ContentClient | NamingClient {
  const place = transport.address;

  async function open(path: string, signal: AbortSignal, idleTimeoutMs: number): Promise<EngineAnswer> {
    const answer = await transport.get(path, { signal, idleTimeoutMs });
    if (answer.status === 200) return answer;
    answer.cancel();
    if (answer.status === 404) throw new Fault('not-found', 'the runtime has no such container or content', { place });
    if (answer.status === 403) throw new Fault('runtime-forbidden', 'the runtime forbids this', { place });
    throw new Fault('runtime-unavailable', 'the runtime could not be read', { place });
  }

  async function* each<T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const answer = await open(path, bounded, LIST_MS);
    for await (const value of readJsonElements(answer.body, 1, LIST_LIMITS, place)) yield shape.parse(value);
  }

  async function fetchOne<T>(path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const answer = await open(path, bounded, LIST_MS);
    return shape.parse(await readJsonValue(answer.body, answerBytesMax, place));
  }

  const content: ContentStore = {
    async findSize(blob, signal) {
      const shape = z.object({ size: z.number().nullable() });
      return (await fetchOne(`/content/${blob}/size`, shape, signal)).size ?? undefined;
    },
    open: async (blob, signal) => (await open(`/content/${blob}`, signal, CONTENT_IDLE_MS)).body,
  };
  const client: Omit<NamingClient, 'imagesBy'> = {
    address: place,
    info: () =>
      Promise.reject(new Fault('unsupported', 'the privileged half says which runtimes there are', { place })),
    images: (signal) => toList(each('/images', Image, signal)),
    containers: (signal) => toList(each('/containers', Container, signal)),
    eachImage: (signal) => each('/images', Image, signal),
    eachContainer: (signal) => each('/containers', Container, signal),
    inspectImage: async () => ({ platform: null }),
    inspectContainer: (id, signal) => fetchOne(`/containers/${id}`, Run, signal),
    async *events(_sinceSeconds, signal) {
      const answer = await open('/events', signal, 0);
      const endless = { elementBytesMax, elementsMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };
      try {
        for await (const value of readJsonElements(answer.body, 0, endless, place)) yield Event.parse(value);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        answer.cancel();
      }
    },
    close: () => transport.close(),
  };
  return imagesBy === 'content' ? { ...client, imagesBy, content } : { ...client, imagesBy };
}
