import { parseBlockYaml, type YamlMap, yamlMapOf, yamlTextOf } from '../../formats/block-yaml/index.ts';
import { toVcsUrl } from '../../formats/repository-address.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

const PUBLIC_HOSTS = new Set(['https://pub.dev', 'https://pub.dartlang.org']);

/**
 * pubspec.lock. Packages of an SDK have no version of their own (`0.0.0`) and those of a path are the project's own code:
 * both are left out. Which transitive packages only development needs is not stated.
 * https://dart.dev/tools/pub/glossary#lockfile
 */
export function parsePubspecLock(bytes: Uint8Array): LockResult {
  const document = yamlMapOf(parseBlockYaml(bytes));
  const packages = document?.get('packages');
  if (document === undefined || packages === undefined)
    return { fault: 'the file is not YAML with packages, as pub writes it', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const [name, value] of yamlMapOf(packages) ?? []) {
    const entry = yamlMapOf(value);
    const qualifiers = entry === undefined ? undefined : originOf(entry);
    if (entry === undefined || qualifiers === undefined) continue;
    const dependency = yamlTextOf(entry.get('dependency'));
    locked.add({
      name: hostedName(entry) ?? name,
      version: yamlTextOf(entry.get('version')),
      dev: dependency === 'direct dev',
      direct: dependency === undefined ? null : dependency !== 'transitive',
      qualifiers,
    });
  }
  return locked.result();
}

/** Where the package comes from, as qualifiers; undefined for what nobody published. */
function originOf(entry: YamlMap): { readonly [key: string]: string | undefined } | undefined {
  const description = yamlMapOf(entry.get('description'));
  const url = yamlTextOf(description?.get('url'));
  switch (yamlTextOf(entry.get('source'))) {
    case 'hosted':
      return url === undefined || PUBLIC_HOSTS.has(url) ? {} : { repository_url: url };
    case 'git':
      return url === undefined ? {} : { vcs_url: toVcsUrl(url, yamlTextOf(description?.get('resolved-ref'))) };
    default:
      return undefined;
  }
}

function hostedName(entry: YamlMap): string | undefined {
  return yamlTextOf(yamlMapOf(entry.get('description'))?.get('name'));
}
