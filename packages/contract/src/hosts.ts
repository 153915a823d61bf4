import { z } from 'zod';
import { imageRow, readBy } from './images.ts';
import { baseRef } from './lineage.ts';
import { defineRoute } from './route.ts';
import { runtimeState } from './runtimes.ts';
import { hostState, id, idParams, instant, pageOf, pageQuery, text } from './scalars.ts';

export const hostRow = z.object({
  id,
  name: z.string(),
  os: z.string().nullable(),
  kernel: z.string().nullable(),
  architecture: z.string().nullable(),
  runtimes: z.array(runtimeState),
  images: z.number().int(),
  /** `onNodes`: of a cluster, those beside them that the agents of its nodes report, where they count. */
  containers: z.object({ running: z.number().int(), total: z.number().int(), onNodes: z.number().int() }),
  /** Highest image risk among the images here; null where none is assessed. */
  risk: z.number().int().nullable(),
  agent: z.object({ id, version: z.string(), revoked: z.boolean() }).nullable(),
  lastSeen: instant,
  /** Its state is not `reporting`. */
  stale: z.boolean(),
  state: hostState,
  /** Milliseconds by which its clock was ahead of the console's when it reported last; behind where negative. */
  clockSkewMs: z.number().int(),
});
export type HostRow = z.infer<typeof hostRow>;

/** What would help a container. */
export const containerAdvice = z.object({
  /**
   * `redeploy`: its tag names another image by now. `rebuild`: built again it would have fixed packages. `change-code`: only
   * other dependencies of the application help. `wait`: no fix was released. `none`: nothing is known to be wrong.
   */
  action: z.enum(['redeploy', 'rebuild', 'change-code', 'wait', 'none']),
  /** Whether its tag is still what the registry has; `unknown` where no connection reads it or it was started by digest. */
  tag: z.enum(['current', 'moved', 'unknown']),
  /** What its tag names by now, where that is another image. */
  now: z.object({ image: id, risk: z.number().int().nullable() }).nullable(),
  base: baseRef.nullable(),
  /** The base's tag names a newer image by now. */
  baseUpdate: z.boolean(),
  /** Vulnerabilities that have a fix, by who can bring it: the base, a rebuild, the application's own dependencies. */
  fixable: z.object({ inherited: z.number().int(), system: z.number().int(), application: z.number().int() }),
});
export type ContainerAdvice = z.infer<typeof containerAdvice>;

const containerState = z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'unknown']);
export type ContainerState = z.infer<typeof containerState>;

export const containerRow = z.object({
  /** The runtime's own id: unique in one runtime. */
  id: z.string(),
  /** Name under which its host's agent reports the runtime: `docker`, `containerd-k8s.io`. */
  runtime: z.string(),
  host: z.object({ id, name: z.string() }),
  name: z.string(),
  image: z.object({ id, name: z.string(), risk: z.number().int().nullable(), readBy }).nullable(),
  imageReference: z.string(),
  pod: z
    .object({
      namespace: z.string().nullable(),
      name: z.string(),
      owner: z.string().nullable(),
      node: z.string().nullable(),
    })
    .nullable(),
  labels: z.record(z.string(), z.string()),
  state: containerState,
  created: instant.nullable(),
  started: instant.nullable(),
  finished: instant.nullable(),
  /** Null where its image is not known or not assessed. */
  advice: containerAdvice.nullable(),
  /** Its host was not heard from any more: since then nobody knows of it, and it counts as ended. Its `state` is that of then. */
  ended: z.object({ at: instant, cause: z.enum(['host-not-heard-from']) }).nullable(),
});
export type ContainerRow = z.infer<typeof containerRow>;

export const containerDetail = containerRow.extend({
  exitCode: z.number().int().nullable(),
  /** Published on the host: at which of its addresses, and where in the container that leads. */
  ports: z.array(
    z.object({ ip: z.string(), host: z.number().int(), container: z.number().int(), protocol: z.string() }),
  ),
  /** When its host reported it first, and last with anything new; by the console's clock. */
  firstSeen: instant,
  changed: instant,
  /** Since when its host has it no more; null while it is there. */
  gone: instant.nullable(),
  /** The states it was in, the latest first, by the console's clock; `to` is null in the present one. Of long ago none is kept. */
  presence: z.array(
    z.object({
      state: containerState,
      from: instant,
      to: instant.nullable(),
      /** Why it ended, where nobody reported that it did. */
      cause: z.enum(['host-not-heard-from']).nullable(),
    }),
  ),
  /** It was in more states than are listed. */
  more: z.boolean(),
});
export type ContainerDetail = z.infer<typeof containerDetail>;

export const agentRow = z.object({
  id,
  name: z.string(),
  host: id.nullable(),
  version: z.string(),
  enrolledAt: instant,
  lastSeen: instant.nullable(),
  revokedAt: instant.nullable(),
  /** Layers, and images' lists of them, that this agent and another reader of the same version read differently. */
  differing: z.number().int(),
  /** On whose word it was enrolled, and as which node; null where an administrator's token did it. */
  through: z.object({ id, name: z.string(), node: z.string() }).nullable(),
  /** Of a cluster's agent: whether nodes may enrol on its word, and how many have that are not revoked. Else null. */
  nodes: z.object({ mayEnroll: z.boolean(), enrolled: z.number().int() }).nullable(),
});
export type AgentRow = z.infer<typeof agentRow>;

export const hostRoutes = [
  defineRoute({
    id: 'hosts.list',
    method: 'GET',
    path: '/api/v1/hosts',
    summary: 'Hosts that agents report',
    policy: 'viewer',
    query: pageQuery.extend({
      /** Part of its name, system or kernel. */
      q: text(300).optional(),
      /** `-risk`: most dangerous first; those of which nothing is known stand above those of risk zero. `seen`: silent for longest first. */
      sort: z.enum(['-risk', 'risk', 'name', '-running', '-images', '-seen', 'seen']).default('-risk'),
      state: hostState.optional(),
      /** Only inactive hosts, or only the others. */
      inactive: z.enum(['true', 'false']).optional(),
      /** Only hosts with a runtime that can't be read, or only the others. */
      unreadable: z.enum(['true', 'false']).optional(),
    }),
    response: pageOf(hostRow).extend({
      /** Of all hosts, whatever is listed. */
      states: z.object({ reporting: z.number().int(), silent: z.number().int(), inactive: z.number().int() }),
    }),
    errors: [],
  }),
  defineRoute({
    id: 'hosts.get',
    method: 'GET',
    path: '/api/v1/hosts/{id}',
    summary: 'One host',
    policy: 'viewer',
    params: idParams,
    response: hostRow,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'hosts.containers',
    method: 'GET',
    path: '/api/v1/hosts/{id}/containers',
    summary: 'Its containers; of an inactive host those that it had when it was last heard from',
    policy: 'viewer',
    params: idParams,
    query: pageQuery.extend({
      /** Part of its name, image, namespace, pod, what was deployed or node; or the beginning of its id. */
      q: text(300).optional(),
      sort: z.enum(['-risk', 'risk', 'name', 'state', '-started']).default('-risk'),
      state: containerState.optional(),
      /** Only what runs, or only what doesn't. */
      running: z.enum(['true', 'false']).optional(),
    }),
    response: pageOf(containerRow),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'hosts.container',
    method: 'GET',
    path: '/api/v1/hosts/{id}/containers/{runtime}/{container}',
    summary: 'One container of the host, with its ports and the states it was in',
    policy: 'viewer',
    params: idParams.extend({ runtime: text(40), container: text(200) }),
    response: containerDetail,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'hosts.images',
    method: 'GET',
    path: '/api/v1/hosts/{id}/images',
    summary: 'Its images, most dangerous first',
    policy: 'viewer',
    params: idParams,
    /** `q` as in the list of images. */
    query: pageQuery.extend({ q: text(300).optional() }),
    response: pageOf(imageRow),
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'containers.list',
    method: 'GET',
    path: '/api/v1/containers',
    summary: 'Containers of all hosts',
    policy: 'viewer',
    query: pageQuery.extend({ state: text(20).optional() }),
    response: pageOf(containerRow),
    errors: [],
  }),
  defineRoute({
    id: 'agents.list',
    method: 'GET',
    path: '/api/v1/agents',
    summary: 'Enrolled agents',
    policy: 'viewer',
    query: pageQuery,
    response: pageOf(agentRow),
    errors: [],
  }),
  defineRoute({
    id: 'agents.revoke',
    method: 'DELETE',
    path: '/api/v1/agents/{id}',
    summary: 'Revoke an agent, and those that enrolled through it; what they read is queued to be read again',
    policy: 'admin',
    params: idParams,
    status: 204,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'agents.update',
    method: 'PATCH',
    path: '/api/v1/agents/{id}',
    summary: "Let the nodes of a cluster enrol on the word of the cluster's agent, or no longer",
    policy: 'admin',
    params: idParams,
    body: z.object({ nodesMayEnroll: z.boolean() }),
    status: 204,
    errors: ['not-found'],
  }),
  defineRoute({
    id: 'agents.enrollments',
    method: 'POST',
    path: '/api/v1/agents/enrollments',
    summary: 'Make a one-use enrolment token',
    policy: 'admin',
    /** `nodes`: for the agent of a Kubernetes cluster whose nodes may enrol on its word. */
    body: z.object({ nodes: z.boolean().default(false) }).default({ nodes: false }),
    response: z.object({
      token: z.string(),
      expiresAt: instant,
      /** For a host that has `hullcheck`. */
      command: z.string(),
      /** For a bare Linux host: gets program and Node from this console, pinned. Null where the console has none to give. */
      install: z.string().nullable(),
      /** For a Linux host whose Docker runs the agent: what enrols it once, and what runs it from then on. Null for a cluster. */
      container: z.object({ enroll: z.string(), run: z.string() }).nullable(),
      /** For a cluster: what keeps the token there, and what installs the chart. Null where the token is for a host. */
      kubernetes: z.object({ secret: z.string(), chart: z.string() }).nullable(),
    }),
    status: 201,
    errors: [],
  }),
] as const;
