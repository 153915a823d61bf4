import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Certificate, makeCertificate } from './certificate.ts';
import { startDaemon } from './daemon.ts';
import { findFreePort } from './free-port.ts';
import { findProgram } from './material.ts';

const execute = promisify(execFile);

export interface DockerRegistry {
  /** `http://127.0.0.1:port` or `https://localhost:port`. */
  readonly origin: string;
  /** `host:port`, as a reference names it. */
  readonly host: string;
  /** PEM of its self-signed certificate. */
  readonly ca?: string;
  /** Copies an image into it with skopeo: `oci:/path/to/layout`, `docker-archive:/path.tar`. */
  push(source: string, repositoryAndTag: string): Promise<void>;
  /** Deletes the manifest that the tag names, and with it the tag. */
  remove(repository: string, tag: string): Promise<void>;
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  readonly tls?: boolean;
  /** With `tls`: it lets in who shows a certificate that this one signed, as this one itself does. */
  readonly clientAuthority?: Certificate;
  /** The one account that it lets in. */
  readonly htpasswd?: { readonly username: string; readonly password: string };
  /** It takes tokens of this server (https://distribution.github.io/distribution/spec/auth/token/). */
  readonly tokens?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificatePath: string;
  };
  /** Where it keeps its blobs; by default a folder that goes with it. */
  readonly dir?: string;
}

/** Whether the programs are there: the registry, skopeo to fill it, htpasswd and openssl for its options. */
export const dockerRegistryAvailable = ['docker-registry', 'skopeo', 'htpasswd', 'openssl'].every(
  (program) => findProgram(program) !== undefined,
);

/** The distribution project's registry (Debian's `docker-registry`) on a free port of this machine. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const home = await mkdtemp(join(tmpdir(), 'hullcheck-registry-'));
  const port = await findFreePort();
  const host = options.tls === true ? `localhost:${port}` : `127.0.0.1:${port}`;
  const origin = `${options.tls === true ? 'https' : 'http'}://${host}`;
  const ca = options.tls === true ? (await makeCertificate(home)).certificate : undefined;
  if (options.htpasswd !== undefined) {
    const { username, password } = options.htpasswd;
    const { stdout } = await execute('htpasswd', ['-Bbn', username, password]);
    await writeFile(join(home, 'htpasswd'), stdout);
  }
  const config = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: options.dir ?? join(home, 'blobs') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(ca === undefined
        ? {}
        : {
            tls: {
              certificate: join(home, 'cert.pem'),
              key: join(home, 'key.pem'),
              ...(options.clientAuthority === undefined
                ? {}
                : { clientcas: [options.clientAuthority.certificatePath] }),
            },
          }),
    },
    ...(options.htpasswd === undefined
      ? {}
      : { auth: { htpasswd: { realm: 'hullcheck-test', path: join(home, 'htpasswd') } } }),
    ...(options.tokens === undefined
      ? {}
      : {
          auth: {
            token: {
              realm: options.tokens.realm,
              service: options.tokens.service,
              issuer: options.tokens.issuer,
              rootcertbundle: options.tokens.certificatePath,
            },
          },
        }),
  };
  // JSON is YAML.
  await writeFile(join(home, 'config.yml'), JSON.stringify(config));
  const daemon = await startDaemon('docker-registry', ['serve', join(home, 'config.yml')], () =>
    answers(origin, ca, options.clientAuthority),
  );
  return {
    origin,
    host,
    ...(ca === undefined ? {} : { ca }),
    async push(source, repositoryAndTag) {
      const login =
        options.htpasswd === undefined
          ? []
          : ['--dest-creds', `${options.htpasswd.username}:${options.htpasswd.password}`];
      await execute('skopeo', [
        '--insecure-policy',
        'copy',
        '--quiet',
        '--all',
        '--dest-tls-verify=false',
        ...login,
        source,
        `docker://${host}/${repositoryAndTag}`,
      ]);
    },
    async remove(repository, tag) {
      const login =
        options.htpasswd === undefined ? [] : ['--creds', `${options.htpasswd.username}:${options.htpasswd.password}`];
      await execute('skopeo', ['delete', '--tls-verify=false', ...login, `docker://${host}/${repository}:${tag}`]);
    },
    async stop() {
      await daemon.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function answers(origin: string, ca: string | undefined, client: Certificate | undefined): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const ask =
    ca === undefined
      ? request(`${origin}/v2/`)
      : requestTls(`${origin}/v2/`, { ca, cert: client?.certificate, key: client?.key });
  ask.once('response', (response) => {
    response.resume();
    resolve(true);
  });
  ask.once('error', () => resolve(false));
  ask.end();
  return await promise;
}
