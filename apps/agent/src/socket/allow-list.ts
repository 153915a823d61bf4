import { newsFilters } from '@hullcheck/runtimes';
import { inspectionsPerRequest } from '../limits.ts';

/** A request that the privileged half passes to the engine, and how its answer is treated. */
export interface Passed {
  /** Path and query as they go to the engine. */
  readonly target: string;
  /** `list`: a JSON array; `object`: one JSON object; both lose what may be secret. `bytes`: as it is. `lines`: events. */
  readonly answer: 'list' | 'object' | 'bytes' | 'lines';
}

/** A request for many objects, which the engine is asked for one by one. */
export interface PassedMany {
  readonly answer: 'many';
  readonly inspections: readonly Inspection[];
}

export interface Inspection {
  readonly id: string;
  readonly kind: 'container' | 'image';
  readonly target: string;
}

/** `filters` of the one event stream that is asked for, spelled as the client spells it. */
const EVENT_FILTERS = encodeURIComponent(newsFilters);
/** `{"os":"linux","architecture":"amd64"}`, encoded; the values are names, so no other escape occurs. */
const PLATFORM =
  /^platform=%7B%22os%22%3A%22[a-z0-9]{1,20}%22%2C%22architecture%22%3A%22[a-z0-9]{1,20}%22(?:%2C%22variant%22%3A%22[a-z0-9]{1,20}%22)?%7D$/;
const ID = '(?:sha256:)?[0-9a-f]{64}';
const IDS = `(?:${ID},){1,${inspectionsPerRequest}}`;

interface Rule {
  readonly path: RegExp;
  readonly query: RegExp;
  readonly answer: Passed['answer'];
}

const NO_QUERY = /^$/;
const RULES: readonly Rule[] = [
  { path: /^\/info$/, query: NO_QUERY, answer: 'object' },
  { path: /^\/images\/json$/, query: /^(?:manifests=true)?$/, answer: 'list' },
  { path: new RegExp(`^/images/${ID}/json$`), query: NO_QUERY, answer: 'object' },
  { path: new RegExp(`^/images/${ID}/get$`), query: new RegExp(`^$|${PLATFORM.source}`), answer: 'bytes' },
  { path: /^\/containers\/json$/, query: /^all=true$/, answer: 'list' },
  { path: /^\/containers\/[0-9a-f]{64}\/json$/, query: NO_QUERY, answer: 'object' },
  { path: /^\/events$/, query: new RegExp(`^since=[0-9]{1,12}&filters=${EVENT_FILTERS}$`), answer: 'lines' },
];

/**
 * Judges a request by its raw text, before anything could decode or normalise it: a path is one of the list, letter by
 * letter, or it is refused. What the list leaves out (names, `..`, `//`, escapes, other verbs) can't be said at all.
 */
export function judgeRequest(method: string | undefined, target: string | undefined): Passed | PassedMany | undefined {
  if (method !== 'GET' || target === undefined || target.length > TARGET_CHARACTERS_MAX) return undefined;
  if (target === '/_ping') return { target, answer: 'bytes' };
  if (target === '/version') return { target, answer: 'object' };
  // Which pod a container of Podman is in stands only in Podman's own list.
  if (target === '/v4.0.0/libpod/containers/json?all=true') return { target, answer: 'list' };
  const many = MANY.exec(target);
  if (many !== null) return { answer: 'many', inspections: inspectionsOf(many) };
  const match = /^\/v1\.[0-9]{1,3}(\/[a-z0-9:/]+)(?:\?([^?#]*))?$/.exec(target);
  if (match === null) return undefined;
  const [, path = '', query = ''] = match;
  const rule = RULES.find((candidate) => candidate.path.test(path) && candidate.query.test(query));
  return rule === undefined ? undefined : { target, answer: rule.answer };
}

const TARGET_CHARACTERS_MAX = 100 * inspectionsPerRequest;
const MANY = new RegExp(`^(/v1\\.[0-9]{1,3})/(container|image)s/(${IDS})/json$`);

function inspectionsOf([, version = '', word, ids = '']: RegExpExecArray): readonly Inspection[] {
  const kind = word === 'image' ? 'image' : 'container';
  return ids
    .slice(0, -1)
    .split(',')
    .map((id) => ({ id, kind, target: `${version}/${kind}s/${id}/json` }));
}
