import type { LayerReport } from '@hullcheck/core';
import { z } from 'zod';
import { agentCalls } from './agent-calls.ts';
import { clusterLimits, clusterStatement } from './clusters.ts';
import { defineRoute } from './route.ts';
import { pod, runtimeState } from './runtimes.ts';
import { digest, instant, text } from './scalars.ts';

/**
 * Bounds of one report: 5,000 containers and 2,000 images are a big host; these leave room and still end. A cluster's may be more:
 * they come in parts.
 */
export const agentLimits = {
  imagesMax: 50_000,
  containersMax: 100_000,
  evidencePerLayerMax: 200_000,
  reportBytesMax: 64 * 1024 * 1024,
} as const;

const labels = z.record(text(300), text(2_000));

export const agentImage = z.object({
  /** The runtime's own name for it, unique in one report: `docker/sha256:…`. */
  key: text(400),
  runtime: text(40),
  id: text(200),
  idKind: z.enum(['config', 'manifest', 'index', 'unknown']),
  configDigest: digest.nullable(),
  manifestDigests: z.array(digest).max(100),
  indexDigests: z.array(digest).max(100),
  repoTags: z.array(text(600)).max(1_000),
  repoDigests: z.array(text(600)).max(1_000),
  platform: text(100).nullable(),
  /** Bytes, as the runtime counts them. */
  size: z.number().int().nullable(),
  created: instant.nullable(),
  labels,
});
export type AgentImage = z.infer<typeof agentImage>;

export const agentContainer = z.object({
  id: text(200),
  runtime: text(40),
  name: text(600),
  imageKey: text(400).nullable(),
  imageReference: text(600),
  state: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'unknown']),
  created: instant.nullable(),
  started: instant.nullable(),
  finished: instant.nullable(),
  exitCode: z.int32().nullable(),
  ports: z
    .array(z.object({ ip: text(60), host: z.number().int(), container: z.number().int(), protocol: text(10) }))
    .max(1_000),
  /** As the engine says it; `host`: it has the network of its host. Null where nothing tells; absent from agents of before. */
  networkMode: text(300).nullable().default(null),
  /** Those that the agent's list lets through; absent from agents of before there was one. */
  labels: labels.default({}),
  pod: pod.nullable().default(null),
});
export type AgentContainer = z.infer<typeof agentContainer>;

/** `collector` reads a registry that the console can't reach; `cluster` lists a Kubernetes cluster and reads nothing. */
export const agentMode = z.enum(['inventory', 'inventory+read', 'collector', 'cluster']);
export type AgentMode = z.infer<typeof agentMode>;

export const agentReport = z.object({
  agent: z.object({ version: text(60), mode: agentMode }),
  host: z.object({
    /** Stable id of the machine (a hash of machine-id, not the id itself). */
    machineId: text(100),
    name: text(300),
    os: text(300).nullable(),
    kernel: text(300).nullable(),
    architecture: text(60).nullable(),
  }),
  runtimes: z.array(runtimeState).max(100),
  /** Full: what is not named is gone. Else a change against `baseSequence`. */
  full: z.boolean(),
  /**
   * Of a full report of more containers than one holds: it tells those where the first byte of the SHA-256 of `runtime/id` modulo `of`
   * is `at`, and says nothing of others. The first part is `full` and tells all images; the others follow it as changes do.
   */
  part: z.object({ at: z.number().int().min(0), of: z.number().int().min(1).max(256) }).optional(),
  sequence: z.number().int().positive(),
  baseSequence: z.number().int().nullable(),
  /** The agent's clock, for the skew only. */
  sentAt: instant,
  images: z.array(agentImage).max(agentLimits.imagesMax),
  containers: z.array(agentContainer).max(agentLimits.containersMax),
  gone: z.object({
    images: z.array(text(400)).max(agentLimits.imagesMax),
    /** `runtime/id`. */
    containers: z.array(text(300)).max(agentLimits.containersMax),
  }),
});
export type AgentReport = z.infer<typeof agentReport>;

const json = z.json();
const problem = z.object({
  code: text(60),
  path: text(5_000).nullable(),
  layer: text(200).nullable(),
  detail: text(2_000),
});

/** A layer report as it crosses the network: foreign bytes, so its evidence is checked again by its analyzer. */
export const layerReport = z.object({
  schemaVersion: z.literal(1),
  diffId: digest,
  blobDigest: digest,
  compression: z.enum(['none', 'gzip', 'zstd']),
  blobBytes: z.number().int(),
  tarBytes: z.number().int(),
  entries: z.number().int(),
  readers: z.record(text(60), z.number().int()),
  whiteouts: z.array(text(4_096)).max(agentLimits.evidencePerLayerMax),
  opaque: z.array(text(4_096)).max(agentLimits.evidencePerLayerMax),
  links: z.record(text(4_096), text(4_096)),
  evidence: z
    .array(z.object({ analyzer: text(60), path: text(4_096), data: json }))
    .max(agentLimits.evidencePerLayerMax),
  problems: z.array(problem).max(10_000),
});

/** The checked body as the domain's type. Problem codes of newer agents become `unreadable`. */
export function toLayerReport(body: z.infer<typeof layerReport>): LayerReport {
  return body as LayerReport;
}

export const agentReading = z.object({
  imageKey: text(400),
  attempt: text(100),
  configDigest: digest,
  created: instant.nullable(),
  platform: text(100).nullable(),
  layers: z
    .array(
      z.object({
        diffId: digest.nullable(),
        digest: digest.nullable(),
        size: z.number().int().nullable(),
        createdBy: text(20_000).nullable(),
        empty: z.boolean(),
      }),
    )
    .max(2_048),
  problems: z.array(problem).max(10_000),
});
export type AgentReading = z.infer<typeof agentReading>;

const enrolling = { name: text(200), version: text(60) };
/** What an agent shows for its key: a token that an administrator made, or the one that Kubernetes made for its pod. */
export const agentEnrollment = z.union([
  z.object({ token: text(200), ...enrolling }),
  z.object({ serviceAccountToken: text(clusterLimits.tokenCharactersMax), ...enrolling }),
]);

export const agentRoutes = [
  defineRoute({
    ...agentCalls.enroll,
    summary: "Exchange a one-use token, or that of a pod's service account, for the agent's own key",
    policy: 'public',
    body: agentEnrollment,
    status: 201,
    errors: ['unauthenticated', 'rate-limited', 'unavailable'],
  }),
  defineRoute({
    ...agentCalls.cluster,
    summary: "Tell by which keys tokens of the cluster's service accounts are known, and which of them enrol agents",
    policy: 'agent',
    body: clusterStatement,
    status: 204,
    errors: ['unauthenticated', 'rate-limited', 'invalid-input', 'forbidden', 'conflict'],
  }),
  defineRoute({
    ...agentCalls.report,
    summary: 'Report what is on the host',
    policy: 'agent',
    body: agentReport,
    errors: ['unauthenticated', 'rate-limited', 'invalid-input', 'unavailable'],
  }),
  defineRoute({
    ...agentCalls.layersKnown,
    summary: 'Which of these layers need not be read again for this agent',
    policy: 'agent',
    body: z.object({ diffIds: z.array(digest).max(2_048), readers: z.record(text(60), z.number().int()) }),
    errors: ['unauthenticated', 'rate-limited'],
  }),
  defineRoute({
    ...agentCalls.layer,
    summary: 'Send the report of one layer',
    policy: 'agent',
    body: layerReport,
    status: 204,
    errors: ['unauthenticated', 'rate-limited', 'invalid-input'],
  }),
  defineRoute({
    ...agentCalls.reading,
    summary: 'An asked-for image was read: its layers have been sent',
    policy: 'agent',
    body: agentReading,
    status: 204,
    errors: ['unauthenticated', 'rate-limited', 'invalid-input', 'not-found'],
  }),
  defineRoute({
    ...agentCalls.readingFailed,
    summary: 'An asked-for image could not be read',
    policy: 'agent',
    body: z.object({ imageKey: text(400), attempt: text(100), code: text(60), detail: text(2_000) }),
    status: 204,
    errors: ['unauthenticated', 'rate-limited'],
  }),
] as const;
