import {
  type AgentContainer,
  type AgentImage,
  type AgentReport,
  type AgentReportAnswer,
  type ApiClient,
  createApiClient,
} from '@hullcheck/contract';
import { Fault, type ImageFacts, type LayerReport } from '@hullcheck/core';
import type { ConsoleClient } from './console-client.ts';

type Wanted = { readonly imageKey: string; readonly attempt: string };

/** An agent whose every word the test chooses, on a host of its own: real calls of the real interface. */
export interface PlayedAgent {
  readonly id: string;
  readonly name: string;
  readonly api: ApiClient;
  /** The report of all that it has; `more` replaces. Numbered by itself unless `more` says. */
  report(more?: Partial<AgentReport>): Promise<AgentReportAnswer>;
  /** Sends what it says of the image's layers, then the reading. */
  answer(wanted: Wanted, facts: ImageFacts, layers: readonly LayerReport[]): Promise<void>;
}

export async function playAgent(
  console: ConsoleClient,
  name: string,
  has: { readonly images?: readonly AgentImage[]; readonly containers?: readonly AgentContainer[] } = {},
  /** For a cluster whose nodes may enrol on its word. */
  { nodes = false }: { readonly nodes?: boolean } = {},
): Promise<PlayedAgent> {
  const { token } = await console.call('agents.enrollments', { body: { nodes } });
  const { agentId, key } = await console.call('agent.enroll', { body: { token, name, version: '1' } });
  const api = createApiClient(
    async (request) => {
      try {
        const answer = await fetch(new URL(request.path, console.url), {
          method: request.method,
          headers: request.headers,
          body: request.body,
        });
        return {
          status: answer.status,
          text: await answer.text(),
          retryAfter: answer.headers.get('retry-after') ?? undefined,
        };
      } catch (error) {
        throw new Fault('unreachable', 'the console does not answer', { cause: error });
      }
    },
    { authorization: `Bearer ${key}` },
  );
  let sequence = 0;
  return {
    id: agentId,
    name,
    api,
    async report(more = {}) {
      sequence += 1;
      return await api.call('agent.report', {
        body: {
          agent: { version: '1', mode: 'inventory+read' },
          host: { machineId: `machine-${name}`, name, os: null, kernel: null, architecture: null },
          runtimes: [],
          full: true,
          sequence,
          baseSequence: null,
          sentAt: new Date().toISOString(),
          images: [...(has.images ?? [])],
          containers: [...(has.containers ?? [])],
          gone: { images: [], containers: [] },
          ...more,
        },
      });
    },
    async answer(wanted, facts, layers) {
      for (const body of layers) await api.call('agent.layer', { body: body as never });
      await api.call('agent.reading', {
        body: {
          ...wanted,
          configDigest: facts.id as NonNullable<typeof facts.id>,
          created: null,
          platform: null,
          layers: facts.layers.map((layer) => ({ ...layer })),
          problems: [],
        },
      });
    },
  };
}

/** A container as Docker lists it, running, with an id that is its name. */
export function listedContainer(id: string, more: Partial<AgentContainer> = {}): AgentContainer {
  return {
    id,
    runtime: 'docker',
    name: id,
    imageKey: null,
    imageReference: 'x',
    state: 'running',
    created: null,
    started: null,
    finished: null,
    exitCode: null,
    ports: [],
    networkMode: null,
    labels: {},
    pod: null,
    ...more,
  };
}

/** An image as Docker lists it, known by its configuration alone: no registry can be asked for it. */
export function listedImage(configDigest: NonNullable<ImageFacts['id']>, tag: string): AgentImage {
  return {
    key: `docker/${configDigest}`,
    runtime: 'docker',
    id: configDigest,
    idKind: 'config',
    configDigest,
    manifestDigests: [],
    indexDigests: [],
    repoTags: [tag],
    repoDigests: [],
    platform: 'linux/amd64',
    size: null,
    created: null,
    labels: {},
  };
}
