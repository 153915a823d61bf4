import { fieldOf, type JsonObject, objectOf, stringOf, toObject } from '../../formats/json/index.ts';
import { toVcsUrl } from '../../formats/repository-address.ts';
import { parseToml } from '../../formats/toml/index.ts';
import { limits } from '../limits.ts';
import { keyOf, LockedPackages, type LockResult } from '../locked-packages.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Entry {
  readonly name: string;
  readonly uuid: string;
  readonly version: string;
  readonly fields: JsonObject;
}

/**
 * A manifest of Julia's package manager. In format 1 each table is a package, in format 2 they are below `deps`; one name has an
 * entry for each package of that name, told apart by UUID. Standard libraries without a version are Julia's own, and what has a path
 * is the project's. https://pkgdocs.julialang.org/v1/toml-files/
 */
export function parseManifest(bytes: Uint8Array): LockResult | undefined {
  const document = parseToml(bytes);
  if (document === undefined) return { fault: 'the file is no TOML', code: 'unreadable' };
  const format = stringOf(document, 'manifest_format');
  if (format !== undefined && !/^[12]\./.test(format)) {
    return { fault: `format ${format} of the manifest is not known`, code: 'unsupported' };
  }
  const tables = format === undefined || format.startsWith('1.') ? document : (objectOf(document, 'deps') ?? {});
  const entries = Object.keys(tables).flatMap((name) => entriesOf(name, fieldOf(tables, name)));
  if (format === undefined && entries.length === 0 && Object.keys(document).length > 0) return undefined;
  const byName = new Map<string, Entry[]>();
  for (const entry of entries) {
    const same = byName.get(entry.name);
    if (same === undefined) byName.set(entry.name, [entry]);
    else if (same.length < limits.versionsPerNameMax) same.push(entry);
  }
  const locked = new LockedPackages();
  for (const entry of entries) {
    const { name, version, fields } = entry;
    locked.add({
      name,
      version,
      dev: false,
      direct: null,
      needs: needsOf(fields, byName),
      qualifiers: qualifiersOf(entry),
    });
  }
  return locked.result();
}

function entriesOf(name: string, value: unknown): readonly Entry[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown): readonly Entry[] => {
    const fields = toObject(item);
    if (fields === undefined || stringOf(fields, 'path') !== undefined) return [];
    const uuid = stringOf(fields, 'uuid') ?? '';
    const version = stringOf(fields, 'version');
    return version === undefined || !UUID.test(uuid) ? [] : [{ name, uuid, version, fields }];
  });
}

function qualifiersOf({ uuid, fields }: Entry): { readonly [key: string]: string } {
  const url = stringOf(fields, 'repo-url');
  return url === undefined ? { uuid } : { uuid, vcs_url: toVcsUrl(url, stringOf(fields, 'git-tree-sha1')) };
}

/** Names, or names with UUIDs where a name alone would not tell. */
function needsOf(fields: JsonObject, byName: ReadonlyMap<string, readonly Entry[]>): readonly string[] {
  const deps = fieldOf(fields, 'deps');
  const wanted: readonly (readonly [string, unknown])[] = Array.isArray(deps)
    ? deps.flatMap((name: unknown) => (typeof name === 'string' ? [[name, undefined] as const] : []))
    : Object.entries(toObject(deps) ?? {});
  return wanted.flatMap(([name, uuid]) =>
    (byName.get(name) ?? [])
      .filter((entry) => uuid === undefined || entry.uuid === uuid)
      .slice(0, 1)
      .map((entry) => keyOf({ name, version: entry.version, qualifiers: qualifiersOf(entry) })),
  );
}
