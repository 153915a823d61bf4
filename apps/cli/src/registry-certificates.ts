import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import type { ClientCertificate, TlsOptions } from '@hullcheck/registry';
import type { Surroundings } from './settings.ts';

const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 100;

/**
 * What Docker and Podman keep for one registry in `certs.d/HOST[:PORT]`: authorities in `*.crt`, a client's certificate in `*.cert` with its
 * key in the `*.key` of the same name (https://docs.docker.com/engine/security/certificates/). The first folder that has any counts.
 */
export async function registryCertificates(registry: string, around: Surroundings): Promise<TlsOptions> {
  for (const folder of foldersOf(registry, around)) {
    const names = filesIn(folder);
    if (names.length === 0) continue;
    const read = (name: string) => readPem(join(folder, name));
    const authorities = names.filter((name) => name.endsWith('.crt')).map(read);
    const [certificate] = names.filter((name) => name.endsWith('.cert'));
    return {
      ...(authorities.length === 0 ? {} : { ca: authorities.join('\n') }),
      ...(certificate === undefined ? {} : { client: await clientOf(folder, certificate, names) }),
    };
  }
  return {};
}

function foldersOf(registry: string, { environment }: Surroundings): readonly string[] {
  // The name becomes a part of a path.
  if (!/^[A-Za-z0-9.:[\]_-]+$/.test(registry) || registry.includes('..')) return [];
  const config = environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? homedir(), '.config');
  const homes = [join(config, 'docker'), join(config, 'containers'), '/etc/docker', '/etc/containers'];
  return homes.map((home) => join(home, 'certs.d', registry));
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(?:crt|cert|key)$/.test(name))
      .sort()
      .slice(0, FILES_MAX);
  } catch {
    // None for this registry, or none that this user may see: Docker's own folder may be root's.
    return [];
  }
}

async function clientOf(folder: string, name: string, names: readonly string[]): Promise<ClientCertificate> {
  const { checkClientCertificate } = await import('@hullcheck/registry');
  const keyName = name.replace(/cert$/, 'key');
  if (!names.includes(keyName))
    throw new Fault('invalid-input', `${join(folder, name)} has no key beside it`, {
      place: folder,
      hint: `Docker looks for ${keyName}.`,
    });
  const client = { certificate: readPem(join(folder, name)), key: readPem(join(folder, keyName)) };
  try {
    checkClientCertificate(client, Date.now());
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault('invalid-input', `${join(folder, name)}: ${error.message}`, {
      place: folder,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return client;
}

function readPem(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error('it is too large');
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('invalid-input', `${path} can't be read`, { place: path, cause: error });
  }
}
