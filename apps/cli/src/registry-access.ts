import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Fault } from '@hullcheck/core';
import type { ConnectionOptions, Credentials } from '@hullcheck/registry';
import { registryCertificates } from './registry-certificates.ts';
import type { Settings, Surroundings } from './settings.ts';

/** The bundle of all public authorities has 220 KB. */
const CERTIFICATES_BYTES_MAX = 4 * 1024 * 1024;

/** How this host's user reaches a registry: credentials as Docker and Podman keep them, proxy, authorities, networks. */
export async function registryAccess(
  registry: string,
  settings: Settings,
  around: Surroundings,
): Promise<ConnectionOptions> {
  const network = await networkAccess(registry.replace(/:\d+$/, ''), settings, around);
  const own = await registryCertificates(registry, around);
  const authorities = [network.tls?.ca, own.ca].filter((ca) => ca !== undefined);
  return {
    registry,
    credentials: await readCredentials(registry, around),
    allowPlainHttp: settings.list('insecureRegistry').includes(registry),
    ...network,
    tls: { ...own, ...(authorities.length === 0 ? {} : { ca: authorities.join('\n') }) },
  };
}

/** The same for any server that the user named; `hostname` without a port. */
export async function networkAccess(
  hostname: string,
  settings: Settings,
  around: Surroundings,
): Promise<Pick<ConnectionOptions, 'egress' | 'proxy' | 'tls' | 'userAgent'>> {
  const { isLoopbackHost, parseProxySettings } = await import('@hullcheck/registry');
  return {
    // The person at this terminal named the host, so a private address is theirs to ask. Where the registry sends us
    // from there is foreign: only networks that were named, and this machine for a registry of this machine.
    egress: {
      registry: ['loopback', 'private'],
      elsewhere: [...(isLoopbackHost(hostname) ? ['loopback'] : []), ...settings.list('allowNetwork')],
    },
    proxy: parseProxySettings(around.environment),
    ...extraAuthorities(around),
    userAgent: `hullcheck/${around.version}`,
  };
}

/** `SSL_CERT_FILE` adds authorities, as it does for other programs; Node itself does not look at it. */
export function extraAuthorities({ environment: { SSL_CERT_FILE: path } }: Surroundings): {
  readonly tls?: { readonly ca: string };
} {
  if (path === undefined || path === '') return {};
  try {
    if (statSync(path).size > CERTIFICATES_BYTES_MAX) throw new Error('it is too large');
    return { tls: { ca: readFileSync(path, 'utf8') } };
  } catch (error) {
    throw new Fault('invalid-input', `SSL_CERT_FILE names ${path}, which can't be read`, { place: path, cause: error });
  }
}

/** Docker's file first, then Podman's places for `auth.json`. */
export async function readCredentials(host: string, around: Surroundings): Promise<Credentials | null> {
  const { readDockerCredentials } = await import('@hullcheck/registry');
  const { environment } = around;
  const docker = environment.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const found = await readDockerCredentials(docker, host, { helperEnvironment: environment });
  if (found !== null) return found;
  const named = environment.REGISTRY_AUTH_FILE;
  const files = [
    ...(named === undefined ? [] : [named]),
    ...(environment.XDG_RUNTIME_DIR === undefined
      ? []
      : [join(environment.XDG_RUNTIME_DIR, 'containers', 'auth.json')]),
    join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'containers', 'auth.json'),
  ];
  for (const file of files) {
    const entry = await readDockerCredentials(dirname(file), host, {
      fileName: basename(file),
      helperEnvironment: environment,
    });
    if (entry !== null) return entry;
  }
  return null;
}
