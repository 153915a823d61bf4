import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { credentialBytesMax } from '../limits.ts';

/** How a cluster's API is reached. */
export interface ClusterAccess {
  /** `https://10.0.0.1:443`. */
  readonly server: URL;
  /** The cluster's certificate authority, PEM; null: the system's. */
  readonly ca: string | null;
  /** Read anew for each use: a bound service-account token is replaced long before it ends, in the same file. */
  token(): Promise<string>;
}

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The access that Kubernetes gives a pod (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
 * Fault `runtime-unavailable` outside one.
 */
export async function podAccess(
  environment: Readonly<Record<string, string | undefined>>,
  mount: string = MOUNT,
): Promise<ClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (host === undefined || host === '') {
    throw new Fault('runtime-unavailable', 'this is no pod of a Kubernetes cluster', {
      place: 'KUBERNETES_SERVICE_HOST',
      hint: 'A cluster is listed from inside: install the chart, or give --kubernetes-server, -ca and -token-file.',
    });
  }
  const name = host.includes(':') ? `[${host}]` : host;
  return fileAccess(`https://${name}:${port ?? '443'}`, join(mount, 'ca.crt'), join(mount, 'token'));
}

/** The same from files named one by one. */
export async function fileAccess(server: string, caPath: string | null, tokenPath: string): Promise<ClusterAccess> {
  const url = URL.parse(server);
  // A token over plain HTTP would be anybody's.
  if (url === null || url.protocol !== 'https:' || url.username !== '')
    throw new Fault('invalid-input', 'not the https address of a Kubernetes API', { place: server.slice(0, 200) });
  return {
    server: new URL(url.origin),
    ca: caPath === null ? null : await readBounded(caPath),
    token: async () => (await readBounded(tokenPath)).trim(),
  };
}

async function readBounded(path: string): Promise<string> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (cause) {
    throw new Fault('runtime-forbidden', 'the credential for Kubernetes is not readable', { place: path, cause });
  }
  if (content.byteLength > credentialBytesMax)
    throw new Fault('limit-exceeded', 'the credential for Kubernetes is too large', { place: path });
  return content.toString('utf8');
}
