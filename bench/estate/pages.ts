import { setTimeout as sleep } from 'node:timers/promises';
import { percentiles } from './measures.ts';
import { exchange } from './traffic.ts';

type Ask = (name: string, path: string) => Promise<{ items?: { id: string; runtime?: string }[]; next?: string }>;

/** A flaw of a base that every image has some version of: as widespread as one gets. */
const FLAW = 'CVE-2023-10001';

/** Pages that the goal names, as a person turns to them: a list is paged through, and its first row opened. */
async function walk(get: Ask, cursor: string): Promise<string> {
  const images = await get('images', `/api/v1/images?limit=100${cursor}`);
  const image = images.items?.[0];
  if (image !== undefined) {
    await get('image', `/api/v1/images/${image.id}`);
    await get('findings', `/api/v1/images/${image.id}/findings?limit=100`);
  }
  const hosts = await get('hosts', '/api/v1/hosts?inactive=false&limit=200');
  await get('hosts that are not readable', '/api/v1/hosts?unreadable=true&inactive=false&limit=3');
  if (hosts.next !== undefined && hosts.next !== null)
    await get('more hosts', `/api/v1/hosts?inactive=false&limit=200&cursor=${hosts.next}`);
  const host = hosts.items?.[0];
  if (host !== undefined) {
    await get('host', `/api/v1/hosts/${host.id}`);
    const containers = await get('host containers', `/api/v1/hosts/${host.id}/containers?limit=200`);
    const container = containers.items?.[0];
    if (container !== undefined)
      await get('a container', `/api/v1/hosts/${host.id}/containers/${container.runtime}/${container.id}`);
    await get('containers that run', `/api/v1/hosts/${host.id}/containers?running=true&sort=-started&limit=200`);
    await get('containers by image', `/api/v1/hosts/${host.id}/containers?q=app-1&limit=200`);
    await get('host images', `/api/v1/hosts/${host.id}/images?limit=200`);
  }
  await get('containers', '/api/v1/containers?limit=100');
  await get('where is this', `/api/v1/vulnerabilities/${FLAW}/affected?limit=200`);
  await get('overview', '/api/v1/overview');
  return images.next === undefined || images.next === null ? '' : `&cursor=${images.next}`;
}

/** Every other list of the console, which no goal names. */
async function walkOthers(get: Ask): Promise<void> {
  await get('vulnerabilities', '/api/v1/vulnerabilities?limit=50');
  await get('vulnerability history', `/api/v1/vulnerabilities/${FLAW}/history`);
  await get('where is a package', '/api/v1/where?package=base-0&limit=200');
  await get('packages by name', '/api/v1/packages?q=lib-1');
  await get('hosts by name', '/api/v1/hosts?q=host-001&inactive=false&limit=200');
  await get('hosts by running', '/api/v1/hosts?sort=-running&inactive=false&limit=200');
  await get('hosts by last seen', '/api/v1/hosts?sort=seen&inactive=false&limit=200');
  await get('images by name', '/api/v1/images?limit=100&q=app-1');
  await get('images by package', '/api/v1/images?limit=100&q=lib-17');
  await get('images that run', '/api/v1/images?limit=100&running=true&sort=-hosts');
  await get('images by repository', '/api/v1/images?limit=100&sort=repository');
  await get('what to do', '/api/v1/leverage');
  await get('trend', '/api/v1/trend');
  const [host] = (await get('hosts', '/api/v1/hosts?limit=1')).items ?? [];
  if (host !== undefined) await get('trend of a host', `/api/v1/trend?host=${host.id}`);
  await get('bases', '/api/v1/bases');
  await get('agents', '/api/v1/agents');
  await get('jobs', '/api/v1/jobs');
}

/** As forty people at once who turn to another page every ten seconds. */
const PAGE_EVERY_MS = 250;

/** Turns to one page after another until it is stopped: how long each took. */
export function look(url: string, token: string): { stop(): Promise<string> } {
  let running = true;
  let shed = 0;
  const times = new Map<string, number[]>();
  const get = timed(url, token, times, () => {
    shed += 1;
  });
  const paced: Ask = async (name, path) => {
    const due = performance.now() + PAGE_EVERY_MS;
    const page = await get(name, path);
    await sleep(Math.max(0, due - performance.now()));
    return page;
  };
  const walking = (async () => {
    for (let cursor = ''; running; ) cursor = await walk(paced, cursor);
  })();
  return {
    stop: async () => {
      running = false;
      await walking;
      return `${[...times].map(([name, list]) => `${name} ${percentiles(list)}`).join('; ')}; ${shed} asked to come again`;
    },
  };
}

/** Each page so many times, one after another, while nothing else is asked: milliseconds by name. */
export async function lookAlone(
  url: string,
  token: string,
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>();
  const get = timed(url, token, times, () => undefined);
  for (let round = 0, cursor = ''; round < rounds; round += 1) cursor = await walk(get, cursor);
  for (let round = 0; round < Math.ceil(rounds / 4); round += 1) await walkOthers(get);
  return times;
}

function timed(url: string, token: string, times: Map<string, number[]>, onShed: () => void): Ask {
  return async (name, path) => {
    const began = performance.now();
    const { status, text } = await exchange(`${url}${path}`, 'GET', token);
    if (status === 503) {
      onShed();
      await sleep(500);
      return {};
    }
    if (status !== 200 && status !== 404) throw new Error(`${path}: ${status} ${text}`);
    const of = times.get(name) ?? [];
    times.set(name, of);
    of.push(performance.now() - began);
    return JSON.parse(text);
  };
}
