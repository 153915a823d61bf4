import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { type LuaTable, type LuaValue, parseLua, tableOf } from './lua-values.ts';

const decoder = new TextDecoder('utf-8');
const PLACE = /(?:^|\/)luarocks\/rocks(?:-[\d.]{1,16})?\/([^/]+)\/([^/]+-\d{1,9})\/(?:rock_manifest|[^/]+\.rockspec)$/;

/** Name and version of an installed rock, by the path of one of its files: the layout of a tree is the same everywhere. */
export function rockOf(path: string): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] = PLACE.exec(path) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** An installed rock, with what its rockspec says literally. https://github.com/luarocks/luarocks/wiki/Rockspec-format */
export function parseRock(bytes: Uint8Array, path: string): LockResult | undefined {
  const rock = rockOf(path);
  if (rock === undefined) return undefined;
  const { variables } = parseLua(decoder.decode(bytes));
  const license = tableOf(variables.get('description'))?.fields.get('license');
  const locked = new LockedPackages();
  locked.add({
    ...rock,
    dev: false,
    direct: null,
    needs: (tableOf(variables.get('dependencies'))?.items ?? []).flatMap(neededName),
    licenses: typeof license === 'string' ? [license] : [],
  });
  return locked.result();
}

/** `acme/base >= 1.2, < 2` → `base`; Lua itself is no rock. */
function neededName(value: LuaValue): readonly string[] {
  const name = typeof value === 'string' ? /^(?:[\w.-]{1,128}\/)?([\w.-]{1,128})/.exec(value)?.[1] : undefined;
  return name === undefined || name === LUA ? [] : [name];
}

const LUA = 'lua';

/** luarocks.lock: `return { dependencies = { luasocket = "3.1.0-1" } }`, all that is installed, whoever needs it. */
export function parseLuaRocksLock(bytes: Uint8Array): LockResult {
  const { returned, whole } = parseLua(decoder.decode(bytes));
  const sections = whole ? tableOf(returned) : undefined;
  if (sections === undefined)
    return { fault: 'the file returns no table of versions, as LuaRocks writes it', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const [section, dev] of SECTIONS) addVersions(locked, tableOf(sections.fields.get(section)), dev);
  return locked.result();
}

const SECTIONS = [
  ['dependencies', false],
  ['build_dependencies', true],
  ['test_dependencies', true],
] as const;

function addVersions(locked: LockedPackages, table: LuaTable | undefined, dev: boolean): void {
  for (const [name, version] of table?.fields ?? []) {
    if (name !== LUA && typeof version === 'string') locked.add({ name, version, dev, direct: null });
  }
}
