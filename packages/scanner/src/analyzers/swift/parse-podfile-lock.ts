import { parseBlockYaml, type Yaml, yamlListOf, yamlMapOf, yamlTextOf } from '../../formats/block-yaml/index.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

/** `PINCache/Core (3.0.3)`: pod, subspec, version or requirement. */
const ENTRY = /^([^\s/()]+)(?:\/[^()]*?)?(?: \(([^()]+)\))?$/;

/**
 * Podfile.lock. Subspecs are parts of one pod, which has one version; pods of a path are the project's own code.
 * https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock
 */
export function parsePodfileLock(bytes: Uint8Array): LockResult {
  const document = yamlMapOf(parseBlockYaml(bytes));
  if (document?.has('PODS') !== true)
    return { fault: 'the file is not YAML with PODS, as CocoaPods writes it', code: 'unreadable' };
  const local = new Set<string>();
  for (const [name, source] of yamlMapOf(document.get('EXTERNAL SOURCES')) ?? []) {
    if (yamlMapOf(source)?.has(':path') === true) local.add(name);
  }
  const dependencies = document.get('DEPENDENCIES');
  const direct = new Set(yamlListOf(dependencies).flatMap((item) => podOf(yamlTextOf(item))?.name ?? []));
  const entries = yamlListOf(document.get('PODS')).flatMap(toEntry);
  const versions = new Map(entries.map(({ name, version }) => [name, version]));
  const locked = new LockedPackages();
  for (const { name, version, needs } of entries) {
    if (local.has(name)) continue;
    locked.add({
      name,
      version,
      dev: false,
      direct: Array.isArray(dependencies) ? direct.has(name) : null,
      needs: needs.flatMap((need) => (need === name ? [] : `${need}@${versions.get(need) ?? ''}`)),
    });
  }
  return locked.result();
}

interface PodEntry {
  readonly name: string;
  readonly version: string | undefined;
  readonly needs: readonly string[];
}

/** A pod alone is a text, one with dependencies a mapping of one key. */
function toEntry(item: Yaml): readonly PodEntry[] {
  const [key, needs] = typeof item === 'string' ? [item, null] : ([...(yamlMapOf(item) ?? [])][0] ?? []);
  const pod = podOf(key);
  if (pod === undefined) return [];
  return [{ ...pod, needs: yamlListOf(needs).flatMap((need) => podOf(yamlTextOf(need))?.name ?? []) }];
}

function podOf(text: string | undefined): { readonly name: string; readonly version: string | undefined } | undefined {
  if (text === undefined || text.length > 1024) return undefined;
  const match = ENTRY.exec(text);
  return match?.[1] === undefined ? undefined : { name: match[1], version: match[2] };
}
