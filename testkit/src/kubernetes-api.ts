import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createTokenIssuer, type TokenIssuer } from './service-account-tokens.ts';

interface KubeObject {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    resourceVersion?: string;
  };
  readonly spec?: { readonly nodeName?: string; readonly serviceAccountName?: string };
}

export interface KubernetesApiOptions {
  readonly certificate: string;
  readonly key: string;
  readonly token: string;
  /** Paths that the collector's role may read; everything else is forbidden, as RBAC answers. */
  readonly allowed: readonly RegExp[];
  /** Addresses beside resources that it may read, letter by letter as RBAC compares them. */
  readonly nonResourceUrls?: readonly string[];
  /** Who signs the tokens of pods; another one by itself where none is given. */
  readonly issuer?: TokenIssuer;
}

/** The addresses beside resources that the chart's cluster role allows, where nodes enrol by their service account. */
export const collectorUrls: readonly string[] = ['/version', '/.well-known/openid-configuration', '/openid/v1/jwks'];

/** The resource paths that the chart's cluster role allows. */
export const collectorRole: readonly RegExp[] = [
  /^\/api\/v1\/pods$/,
  /^\/api\/v1\/nodes(?:\/[^/]+)?$/,
  /^\/api\/v1\/namespaces\/[^/]+$/,
  /^\/apis\/apps\/v1\/(?:namespaces\/[^/]+\/)?replicasets(?:\/[^/]+)?$/,
  /^\/apis\/batch\/v1\/(?:namespaces\/[^/]+\/)?jobs(?:\/[^/]+)?$/,
];

/**
 * An API server that keeps the documented rules of list and watch (https://kubernetes.io/docs/reference/using-api/api-concepts/):
 * pages with opaque tokens that expire, versions that are compacted, bookmarks, watches that end by themselves, 401 and
 * 403 as Status objects; and of the tokens of service accounts: who may read the keys, the one media type that they are given as,
 * tokens for pods that exist, of at least ten minutes. It can't show: aggregated APIs, real authentication, a real scheduler's churn.
 */
export async function startKubernetesApi(options: KubernetesApiOptions) {
  const objects = new Map<string, Map<string, KubeObject>>();
  const log: { version: number; path: string; type: string; object: KubeObject }[] = [];
  const watchers = new Set<{ path: string; response: ServerResponse }>();
  const tokens = new Map<string, { items: KubeObject[]; version: number }>();
  const seen: { method: string; url: string; authorization: string | undefined; accept: string | undefined }[] = [];
  let version = 100;
  let compacted = 0;
  let token = options.token;
  const issuer = options.issuer ?? createTokenIssuer();

  const collection = (path: string) => {
    const found = objects.get(path) ?? new Map<string, KubeObject>();
    objects.set(path, found);
    return found;
  };
  const status = (response: ServerResponse, code: number, reason: string) =>
    response
      .writeHead(code, { 'content-type': 'application/json' })
      .end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code }));

  const server = createServer({ cert: options.certificate, key: options.key }, (request, response) => {
    answer(request, response);
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization, accept } = request.headers;
    seen.push({ method: request.method ?? '', url: request.url ?? '', authorization, accept });
    const url = new URL(request.url ?? '/', 'https://x');
    if (authorization !== `Bearer ${token}`) return void status(response, 401, 'Unauthorized');
    const isResource = /^\/apis?\//.test(url.pathname);
    const isAllowed = isResource
      ? options.allowed.some((path) => path.test(url.pathname))
      : (options.nonResourceUrls ?? ['/version']).includes(url.pathname);
    if (request.method !== 'GET' || !isAllowed) return void status(response, 403, 'Forbidden');
    if (!isResource) {
      beside(url.pathname, accept ?? '*/*', response);
      return;
    }
    const single = /^(.*?)(?:\/namespaces\/([^/]+))?\/(replicasets|jobs|nodes)\/([^/]+)$/.exec(url.pathname);
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(url.pathname)?.[1];
    if (namespace === 'kube-system')
      response.end(JSON.stringify({ kind: 'Namespace', metadata: { name: namespace, uid: 'cluster-uid' } }));
    else if (namespace !== undefined) status(response, 404, 'NotFound');
    else if (single !== null) one(single, response);
    else if (url.searchParams.get('watch') === '1') watch(url, response);
    else list(url, response);
  }

  function beside(path: string, accept: string, response: ServerResponse): void {
    // go-restful gives each document as its one type; whoever takes another gets none (pkg/routes/openidmetadata.go).
    const give = (type: string, body: object) => {
      if (!accept.includes(type) && !accept.includes('*/*')) return void response.writeHead(406).end();
      response.writeHead(200, { 'content-type': type }).end(JSON.stringify(body));
    };
    if (path === '/version') give('application/json', { major: '1', minor: '31', gitVersion: 'v1.31.2' });
    else if (path === '/.well-known/openid-configuration') give('application/json', issuer.discovery(origin));
    else if (path === '/openid/v1/jwks') give('application/jwk-set+json', { keys: issuer.keys() });
    else status(response, 404, 'NotFound');
  }

  function one([, base, inside, kind, name]: readonly string[], response: ServerResponse): void {
    const found = [...collection(`${base}/${kind}`).values()].find(
      ({ metadata }) => metadata.namespace === inside && metadata.name === name,
    );
    if (found === undefined) status(response, 404, 'NotFound');
    else response.end(JSON.stringify(found));
  }

  function list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? '0');
    const next = url.searchParams.get('continue');
    const from = next === null ? { items: [...collection(url.pathname).values()], version } : tokens.get(next);
    if (from === undefined) return void status(response, 410, 'Expired');
    const page = limit > 0 ? from.items.slice(0, limit) : from.items;
    const rest = from.items.slice(page.length);
    let follow = '';
    if (rest.length > 0) {
      follow = Buffer.from(`${url.pathname} ${tokens.size}`).toString('base64');
      tokens.set(follow, { items: rest, version: from.version });
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        kind: 'List',
        metadata: { resourceVersion: String(from.version), ...(follow === '' ? {} : { continue: follow }) },
        items: page,
      }),
    );
  }

  function watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (Number(url.searchParams.get('timeoutSeconds')) < 1) return void status(response, 400, 'BadRequest');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < compacted) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`);
      return;
    }
    const watcher = { path: url.pathname, response };
    for (const entry of log) if (entry.path === url.pathname && entry.version > from) send(watcher, entry);
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
  }

  function send(
    { response }: { response: ServerResponse },
    { type, object }: { type: string; object: KubeObject },
  ): void {
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function record(path: string, type: string, object: KubeObject): void {
    version += 1;
    object.metadata.resourceVersion = String(version);
    const entry = { version, path, type, object };
    log.push(entry);
    for (const watcher of watchers) if (watcher.path === path) send(watcher, entry);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    seen,
    issuer,
    /** What the kubelet mounts into a pod with a projected token: made by TokenRequest, bound to the pod, good while that is there. */
    podToken(uid: string, { audience, expirationSeconds = 600 }: { audience: string; expirationSeconds?: number }) {
      const pod = collection('/api/v1/pods').get(uid);
      if (pod === undefined) throw new Error(`no pod ${uid}`);
      if (expirationSeconds < 600) throw new Error('422: may not specify a duration less than 10 minutes');
      const { name, namespace = 'default' } = pod.metadata;
      const { serviceAccountName = 'default', nodeName } = pod.spec ?? {};
      if (nodeName === undefined) throw new Error(`the pod ${name} runs on no node`);
      return issuer.token({
        namespace,
        serviceAccount: serviceAccountName,
        audiences: [audience],
        pod: { name, uid },
        node: { name: nodeName, uid: `node-${nodeName}` },
        expirationSeconds,
      });
    },
    put(path: string, object: KubeObject) {
      const type = collection(path).has(object.metadata.uid) ? 'MODIFIED' : 'ADDED';
      collection(path).set(object.metadata.uid, object);
      record(path, type, object);
    },
    delete(path: string, uid: string) {
      const object = collection(path).get(uid);
      if (object === undefined) return;
      collection(path).delete(uid);
      record(path, 'DELETED', object);
    },
    bookmark() {
      for (const { response } of watchers)
        response.write(
          `${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: String(version) } } })}\n`,
        );
      return watchers.size;
    },
    /** Ends every watch, as a server does at its time-out. */
    endWatches() {
      for (const watcher of watchers) {
        watchers.delete(watcher);
        watcher.response.end();
      }
    },
    /** Forgets what changed so far: who watches from an older version is told to list again. */
    compact() {
      compacted = version;
      log.length = 0;
      this.endWatches();
    },
    expirePages: () => tokens.clear(),
    rotate: (next: string) => {
      token = next;
    },
    watching: () => watchers.size,
    async stop() {
      for (const { response } of watchers) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
