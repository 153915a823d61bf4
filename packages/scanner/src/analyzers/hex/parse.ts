import { LockedPackages, type LockResult } from '../locked-packages.ts';
import { itemsOf, pairValue, parseTerms, type Term, textOf } from './terms.ts';

const decoder = new TextDecoder('utf-8');
const PUBLIC = 'hexpm';

/**
 * mix.lock: `%{"jason": {:hex, :jason, "1.4.4", checksum, [:mix], needs, "hexpm", checksum}}`. What comes from a repository or path
 * has no version to judge. https://hexdocs.pm/mix/Mix.Tasks.Deps.html
 */
export function parseMixLock(bytes: Uint8Array): LockResult {
  const [document] = parseTerms(decoder.decode(bytes), 'elixir') ?? [];
  const entries = itemsOf(document, 'list');
  if (entries === undefined) return { fault: 'the file is no Elixir map, as mix writes it', code: 'unreadable' };
  const found = entries.flatMap((entry) => {
    const [app, value] = itemsOf(entry, 'tuple') ?? [];
    const [source, name, version, , , needs, repository] = itemsOf(value, 'tuple') ?? [];
    const text = textOf(name);
    if (source !== 'hex' || text === undefined) return [];
    return [{ app: textOf(app), name: packageName(text, textOf(repository)), version: textOf(version), needs }];
  });
  const keys = new Map(found.map(({ app, name, version }) => [app, `${name}@${version ?? ''}`]));
  const locked = new LockedPackages();
  for (const { name, version, needs } of found) {
    const apps = (itemsOf(needs, 'list') ?? []).map((need) => textOf(itemsOf(need, 'tuple')?.[0]));
    locked.add({ name, version, dev: false, direct: null, needs: apps.flatMap((app) => keys.get(app) ?? []) });
  }
  return locked.result();
}

/** `hexpm:acme` is an organisation's part of the public repository; any other name a repository of one's own. */
function packageName(name: string, repository: string | undefined): string {
  if (repository === undefined || repository === PUBLIC) return name;
  return `${repository.startsWith(`${PUBLIC}:`) ? repository.slice(PUBLIC.length + 1) : repository}/${name}`;
}

/**
 * rebar.lock: `{"1.2.0",[{<<"idna">>,{pkg,<<"idna">>,<<"6.1.1">>},0}]}.`, or the list alone in older files. The number is the
 * distance from the project. https://rebar3.org/docs/configuration/dependencies/
 */
export function parseRebarLock(bytes: Uint8Array): LockResult {
  const [first] = parseTerms(decoder.decode(bytes), 'erlang') ?? [];
  const entries = itemsOf(first, 'list') ?? itemsOf(itemsOf(first, 'tuple')?.[1], 'list');
  if (entries === undefined)
    return { fault: 'the file holds no list of Erlang terms, as rebar3 writes it', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const entry of entries) {
    const [, value, level] = itemsOf(entry, 'tuple') ?? [];
    const [source, name, version] = itemsOf(value, 'tuple') ?? [];
    const text = textOf(name);
    if (source !== 'pkg' || text === undefined) continue;
    locked.add({ name: text, version: textOf(version), dev: false, direct: level === '0' });
  }
  return locked.result();
}

/** An application's resource file: `{application, jason, [{vsn, "1.4.4"}, {applications, [kernel, stdlib]}]}.` https://www.erlang.org/doc/apps/kernel/app.html */
export function parseApplication(bytes: Uint8Array): LockResult {
  const [first] = parseTerms(decoder.decode(bytes), 'erlang') ?? [];
  const [kind, name, properties] = itemsOf(first, 'tuple') ?? [];
  const text = textOf(name);
  if (kind !== 'application' || text === undefined)
    return { fault: 'the file is no application resource of Erlang terms', code: 'unreadable' };
  const list = itemsOf(properties, 'list');
  const names = (key: string): readonly string[] =>
    (itemsOf(pairValue(list, key), 'list') ?? []).flatMap((item: Term) => textOf(item) ?? []);
  const locked = new LockedPackages();
  locked.add({
    name: text,
    version: textOf(pairValue(list, 'vsn')),
    dev: false,
    direct: null,
    needs: [...names('applications'), ...names('included_applications')],
    licenses: names('licenses'),
  });
  return locked.result();
}
