import { type Digest, Fault, parseDigest } from '@hullcheck/core';

/** Where an image is, as a person names it: `[host[:port]/]path[:tag][@digest]`. */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `localhost:5000`, lower case; Docker Hub's other names become `docker.io`. */
  readonly registry: string;
  /** The `<name>` of `/v2/<name>/`: `library/alpine`. */
  readonly repository: string;
  /** `latest` where the reference has neither tag nor digest; null where it has only a digest. */
  readonly tag: string | null;
  readonly digest: Digest | null;
}

export const dockerHub = 'docker.io';

const HUB_NAMES: ReadonlySet<string> = new Set([
  dockerHub,
  'index.docker.io',
  'registry-1.docker.io',
  'hub.docker.com',
]);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?$`);
const NAME_CHARACTERS_MAX = 255;

/**
 * Reads a reference by Docker's rules: the first component is a host if it has a `.`, a `:` or an upper-case letter or
 * is `localhost`; without one the host is Docker Hub, whose one-word names live in `library/`.
 * Throws `invalid-input` with the part that is wrong. Grammar: https://github.com/distribution/reference.
 */
export function parseReference(text: string): ImageReference {
  const [named, digestText] = splitAt(text, '@');
  const digest = digestText === undefined ? null : parseDigest(digestText);
  if (digest === undefined) throw invalid(text, 'the digest is not sha256 or sha512 in lower-case hex');

  const { host, rest } = splitHost(named);
  if (host !== null && !isHost(host)) throw invalid(text, 'the registry host is not valid');
  const colon = rest.lastIndexOf(':');
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, 'the tag is not valid');

  const path = colon === -1 ? rest : rest.slice(0, colon);
  const registry = host === null ? dockerHub : canonicalHost(host);
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path;
  if (!isRepositoryName(repository)) {
    throw invalid(text, path === path.toLowerCase() ? 'the name is not valid' : 'names are written in lower case');
  }
  if (registry.length + 1 + repository.length > NAME_CHARACTERS_MAX) throw invalid(text, 'the name is too long');
  return { registry, repository, tag: tag ?? (digest === null ? 'latest' : null), digest };
}

/** The reference in its full form, `docker.io/library/alpine:3.20@sha256:…`. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Whether the text may stand in `/v2/<name>/`; nothing else is ever put into a path. */
export function isRepositoryName(name: string): boolean {
  return name.length <= NAME_CHARACTERS_MAX && name.split('/').every((component) => COMPONENT.test(component));
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** `host[:port]` in one spelling: lower case, all names of Docker Hub as `docker.io`. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return HUB_NAMES.has(lower) ? dockerHub : lower;
}

function splitHost(named: string): { readonly host: string | null; readonly rest: string } {
  const slash = named.indexOf('/');
  if (slash === -1) return { host: null, rest: named };
  const first = named.slice(0, slash);
  const isHostName = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  return isHostName ? { host: first, rest: named.slice(slash + 1) } : { host: null, rest: named };
}

function isHost(host: string): boolean {
  if (!HOST.test(host)) return false;
  const port = /:([0-9]+)$/.exec(host)?.[1];
  return port === undefined || host.endsWith(']') || (Number(port) >= 1 && Number(port) <= 65_535);
}

function splitAt(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(text: string, reason: string): Fault {
  return new Fault('invalid-input', `not an image reference: ${reason}`, { place: JSON.stringify(text.slice(0, 300)) });
}
