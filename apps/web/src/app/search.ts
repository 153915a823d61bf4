import { type ConnectionKindId, connectionKinds } from '@hullcheck/contract';

/** What addresses hold: filters, sort, tab and panel. Anything else in an address is left out, never an error. */
type Raw = { readonly [name: string]: unknown };

export const imageStates = ['none', 'complete', 'partial', 'not-assessable', 'failed'] as const;
export const imageSorts = ['-risk', 'risk', 'repository', '-created', '-size', '-hosts'] as const;
export const imageTabs = ['vulnerabilities', 'packages', 'layers', 'hosts', 'history'] as const;

export interface ContainersSearch {
  readonly q?: string;
  readonly state?: (typeof imageStates)[number];
  readonly running?: 'true' | 'false';
  readonly os?: string;
  readonly host?: string;
  readonly connection?: string;
  readonly repository?: string;
  /** An image: those built on it. */
  readonly base?: string;
  readonly sort?: (typeof imageSorts)[number];
  /** Row opened in the side panel. */
  readonly image?: string;
}
export function parseContainersSearch(raw: Raw): ContainersSearch {
  return clean({
    q: textOf(raw.q, 300),
    state: oneOf(imageStates, raw.state),
    running: oneOf(['true', 'false'] as const, String(raw.running)),
    os: textOf(raw.os, 100),
    host: uuidOf(raw.host),
    connection: uuidOf(raw.connection),
    repository: textOf(raw.repository, 300),
    base: uuidOf(raw.base),
    sort: oneOf(imageSorts, raw.sort),
    image: uuidOf(raw.image),
  });
}

export interface ImageSearch {
  readonly tab?: (typeof imageTabs)[number];
  readonly view?: 'flat';
  readonly q?: string;
  /** diffID of the layer that the tabs are narrowed to. */
  readonly layer?: string;
  /** Only what a base brought, or only what own layers did. */
  readonly origin?: 'base' | 'own';
  /** `id purl` of the finding in the side panel. */
  readonly finding?: string;
}
export function parseImageSearch(raw: Raw): ImageSearch {
  return clean({
    tab: oneOf(imageTabs, raw.tab),
    view: oneOf(['flat'] as const, raw.view),
    q: textOf(raw.q, 300),
    layer: textOf(raw.layer, 200),
    origin: oneOf(['base', 'own'] as const, raw.origin),
    finding: textOf(raw.finding, 1_200),
  });
}

export const hostSorts = ['-risk', 'risk', 'name', '-running', '-images', '-seen', 'seen'] as const;
export interface HostsSearch {
  /** Those that were not heard from for hours, instead of the others. */
  readonly inactive?: true;
  readonly q?: string;
  readonly state?: 'reporting' | 'silent';
  /** Those with a runtime that can't be read. */
  readonly unreadable?: 'true';
  readonly sort?: (typeof hostSorts)[number];
}
export function parseHostsSearch(raw: Raw): HostsSearch {
  return clean({
    inactive: String(raw.inactive) === 'true' ? true : undefined,
    q: textOf(raw.q, 300),
    state: oneOf(['reporting', 'silent'] as const, raw.state),
    unreadable: oneOf(['true'] as const, String(raw.unreadable)),
    sort: oneOf(hostSorts, raw.sort),
  });
}

export const containerSorts = ['-risk', 'risk', 'name', 'state', '-started'] as const;
export const containerStates = [
  'running',
  'restarting',
  'paused',
  'created',
  'exited',
  'dead',
  'removing',
  'unknown',
] as const;
export interface HostSearch {
  readonly tab?: 'containers' | 'images';
  readonly q?: string;
  readonly state?: (typeof containerStates)[number];
  readonly running?: 'true' | 'false';
  readonly sort?: (typeof containerSorts)[number];
  /** `runtime/id` of the container in the side panel. */
  readonly container?: string;
}
export function parseHostSearch(raw: Raw): HostSearch {
  return clean({
    tab: oneOf(['containers', 'images'] as const, raw.tab),
    q: textOf(raw.q, 300),
    state: oneOf(containerStates, raw.state),
    running: oneOf(['true', 'false'] as const, String(raw.running)),
    sort: oneOf(containerSorts, raw.sort),
    container: textOf(raw.container, 300),
  });
}

export interface RepositoriesSearch {
  readonly q?: string;
  readonly connection?: string;
  /** Vendor. */
  readonly kind?: ConnectionKindId;
  /** Row opened in the side panel. */
  readonly repository?: string;
}
export function parseRepositoriesSearch(raw: Raw): RepositoriesSearch {
  return clean({
    q: textOf(raw.q, 300),
    connection: uuidOf(raw.connection),
    kind: oneOf(
      connectionKinds.map(({ id }) => id),
      raw.kind,
    ),
    repository: uuidOf(raw.repository),
  });
}

export interface VulnerabilitiesSearch {
  readonly q?: string;
  readonly fixable?: 'true';
  readonly exploited?: 'true';
}
export function parseVulnerabilitiesSearch(raw: Raw): VulnerabilitiesSearch {
  return clean({
    q: textOf(raw.q, 100),
    fixable: oneOf(['true'] as const, String(raw.fixable)),
    exploited: oneOf(['true'] as const, String(raw.exploited)),
  });
}

/** What is looked for: one of package, purl, layer and file. */
export interface WhereSearch {
  readonly package?: string;
  readonly type?: string;
  readonly version?: string;
  readonly purl?: string;
  readonly layer?: string;
  readonly file?: string;
}
export function parseWhereSearch(raw: Raw): WhereSearch {
  const one = (['package', 'purl', 'layer', 'file'] as const).find((name) => textOf(raw[name], 1_000) !== undefined);
  if (one === undefined) return {};
  const isPackage = one === 'package' || one === 'purl';
  return clean({
    [one]: textOf(raw[one], 1_000),
    type: one === 'package' ? textOf(raw.type, 40) : undefined,
    version: isPackage ? textOf(raw.version, 200) : undefined,
  });
}

export interface ConnectionsSearch {
  /** `new`, or the id of the connection being edited. */
  readonly edit?: string;
  /** Address that the form starts with: of the registry that could not be read. */
  readonly registry?: string;
  /** Connection whose fields a new one begins with. */
  readonly copy?: string;
}
export function parseConnectionsSearch(raw: Raw): ConnectionsSearch {
  return clean({
    edit: raw.edit === 'new' ? 'new' : uuidOf(raw.edit),
    registry: textOf(raw.registry, 300),
    copy: uuidOf(raw.copy),
  });
}

/** Numbers too: the router reads `?q=443` as a number. */
function textOf(value: unknown, charactersMax: number): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= charactersMax ? text : undefined;
}

function uuidOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value : undefined;
}

function oneOf<const T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value);
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
function clean<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** The same search without one of its names: what a removed filter or a closed panel leaves. */
export function without<T extends object, K extends keyof T>(search: T, name: K): Omit<T, K> {
  return Object.fromEntries(Object.entries(search).filter(([other]) => other !== name)) as Omit<T, K>;
}

/** The search as an address says it: without names that are undefined, and without the order that every list has anyway. */
export function inAddress<T extends object>(search: { readonly [name in keyof T]: T[name] | undefined }): T {
  return Object.fromEntries(
    Object.entries(search).filter(([name, value]) => value !== undefined && !(name === 'sort' && value === '-risk')),
  ) as T;
}
