import type { RegistryScope } from '@hullcheck/agent';
import { Fault, parsePlatform } from '@hullcheck/core';
import type { Settings } from './settings.ts';

/** What a collector was told of its registry. */
export async function registryScopeOf(settings: Settings): Promise<RegistryScope> {
  const registry = settings.text('registry');
  if (registry === undefined) throw new Fault('invalid-input', '--mode collector needs --registry HOST');
  const platform = parsePlatform(settings.text('platform') ?? 'linux/amd64');
  if (platform === undefined) throw new Fault('invalid-input', '--platform takes os/architecture[/variant]');
  const { vendors } = await import('@hullcheck/registry');
  const vendor = settings.text('registryKind') ?? 'generic';
  const kinds = vendors.map(({ id }) => id);
  if (!kinds.includes(vendor))
    throw new Fault('invalid-input', `--registry-kind takes ${kinds.join(', ')}, not ${vendor}`);
  if (settings.isFoundHere('tokenServer'))
    throw new Fault('invalid-input', '--token-server is not taken from a file that lies in the working folder');
  const tokenServers = settings.list('tokenServer');
  const wrong = tokenServers.find((server) => !/^https?:/.test(server) || URL.parse(server)?.origin !== server);
  if (wrong !== undefined) throw new Fault('invalid-input', `--token-server takes https://host[:port], not ${wrong}`);
  return {
    registry,
    vendor,
    namespaces: settings.list('project'),
    tokenServers,
    repositories: settings.list('repository'),
    excludeRepositories: settings.list('excludeRepository'),
    tags: { include: settings.list('tag'), exclude: settings.list('excludeTag') },
    tagsMax: settings.integer('tagsMax') ?? 20,
    platform,
    allowPlainHttp: settings.list('insecureRegistry').includes(registry),
  };
}
