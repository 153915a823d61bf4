import type { ContainerRow, HostRow } from '@hullcheck/contract';

interface Sorted {
  readonly sort: string;
  readonly q?: string | undefined;
}

interface HostQuery extends Sorted {
  readonly state?: string | undefined;
  readonly inactive?: string | undefined;
  readonly unreadable?: string | undefined;
}

/** Unknown stands above zero and below what is known to be dangerous. */
const rankOf = (risk: number | null | undefined): number => risk ?? 0.5;
const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const isPart = (q: string | undefined, texts: readonly (string | null | undefined)[]): boolean =>
  q === undefined || texts.some((text) => text?.toLowerCase().includes(q.toLowerCase()));

export function listedHosts(hosts: readonly HostRow[], query: HostQuery): readonly HostRow[] {
  const orders: { readonly [sort: string]: (a: HostRow, b: HostRow) => number } = {
    '-risk': (a, b) => rankOf(b.risk) - rankOf(a.risk),
    risk: (a, b) => rankOf(a.risk) - rankOf(b.risk),
    '-running': (a, b) => b.containers.running - a.containers.running,
    '-images': (a, b) => b.images - a.images,
    '-seen': (a, b) => Date.parse(b.lastSeen) - Date.parse(a.lastSeen),
    seen: (a, b) => Date.parse(a.lastSeen) - Date.parse(b.lastSeen),
  };
  return hosts
    .filter(
      (host) =>
        (query.inactive === undefined || (host.state === 'inactive') === (query.inactive === 'true')) &&
        (query.state === undefined || host.state === query.state) &&
        (query.unreadable === undefined ||
          host.runtimes.some(({ state }) => state !== 'readable') === (query.unreadable === 'true')) &&
        isPart(query.q, [host.name, host.os, host.kernel]),
    )
    .toSorted((a, b) => orders[query.sort]?.(a, b) || byText(a.name, b.name));
}

interface ContainerQuery extends Sorted {
  readonly state?: string | undefined;
  readonly running?: string | undefined;
}

export function listedContainers(containers: readonly ContainerRow[], query: ContainerQuery): readonly ContainerRow[] {
  const orders: { readonly [sort: string]: (a: ContainerRow, b: ContainerRow) => number } = {
    '-risk': (a, b) => rankOf(b.image?.risk) - rankOf(a.image?.risk),
    risk: (a, b) => rankOf(a.image?.risk) - rankOf(b.image?.risk),
    state: (a, b) => Number(b.state === 'running') - Number(a.state === 'running'),
    '-started': (a, b) => Date.parse(b.started ?? '1970-01-01') - Date.parse(a.started ?? '1970-01-01'),
  };
  return containers
    .filter(
      ({ state, name, imageReference, pod, id }) =>
        (query.state === undefined || state === query.state) &&
        (query.running === undefined || (state === 'running') === (query.running === 'true')) &&
        (isPart(query.q, [name, imageReference, pod?.namespace, pod?.name, pod?.owner, pod?.node]) ||
          id.startsWith(query.q ?? '')),
    )
    .toSorted((a, b) => orders[query.sort]?.(a, b) || byText(a.name, b.name));
}
