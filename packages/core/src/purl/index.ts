import { purlCharactersMax } from './limits.ts';
import { normalize } from './normalize.ts';

/** A package URL in parts, decoded and normalised as its type wants it. https://github.com/package-url/purl-spec */
export interface Purl {
  /** Lower case: `deb`, `npm`. */
  readonly type: string;
  /** Segments joined with `/`: `@scope`, `github.com/a`, `debian`; null where it has none. */
  readonly namespace: string | null;
  readonly name: string;
  readonly version: string | null;
  /** By key in code-unit order. */
  readonly qualifiers: { readonly [key: string]: string };
  readonly subpath: string | null;
}

/** What a package URL is built from. Null, undefined and empty parts are left out, and so are qualifiers whose key is not lower-case. */
export interface PurlParts {
  readonly type: string;
  readonly namespace?: string | null | undefined;
  readonly name: string;
  readonly version?: string | null | undefined;
  readonly qualifiers?: { readonly [key: string]: string | null | undefined } | undefined;
  readonly subpath?: string | null | undefined;
}

const KEY = /^[a-z][a-z0-9._-]*$/;

/** The canonical package URL. The same parts always give the same text. */
export function formatPurl(parts: PurlParts): string {
  const type = parts.type.toLowerCase();
  const folders = segmentsOf(normalize('namespace', type, parts.namespace ?? ''));
  const path = [...folders, normalize('name', type, parts.name)].map(encode).join('/');
  const version = normalize('version', type, parts.version ?? '');
  const qualifiers = Object.entries(parts.qualifiers ?? {})
    .flatMap(([key, value]) => (value && KEY.test(key) ? [{ key, value }] : []))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, value }) => `${key}=${encode(value)}`)
    .join('&');
  const subpath = subpathSegmentsOf(parts.subpath ?? '')
    .map(encode)
    .join('/');
  return [
    `pkg:${type}/${path}`,
    version === '' ? '' : `@${encode(version)}`,
    qualifiers === '' ? '' : `?${qualifiers}`,
    subpath === '' ? '' : `#${subpath}`,
  ].join('');
}

/**
 * The parts of a package URL, or undefined where the text is none. Read over: case of scheme and type, slashes too many, and
 * the unencoded `@` of an npm scope.
 */
export function parsePurl(text: string): Purl | undefined {
  if (text.length > purlCharactersMax) return undefined;
  const [withoutSubpath, rawSubpath] = splitLast(text, '#');
  const [locator, rawQualifiers] = splitLast(withoutSubpath, '?');
  const head = /^pkg:\/*([a-z][a-z0-9.-]*)\/(.*)$/is.exec(locator);
  const type = head?.[1]?.toLowerCase();
  const qualifiers = parseQualifiers(rawQualifiers ?? '');
  const subpath = decodeSegments(rawSubpath ?? '');
  if (type === undefined || qualifiers === undefined || subpath === undefined) return undefined;

  const [rawPath, rawVersion] = splitVersion(head?.[2] ?? '');
  const version = decode(rawVersion ?? '');
  const path = decodeSegments(rawPath);
  const name = path?.at(-1);
  if (version === undefined || path === undefined || name === undefined) return undefined;
  const namespace = path.slice(0, -1).join('/');
  return {
    type,
    namespace: namespace === '' ? null : normalize('namespace', type, namespace),
    name: normalize('name', type, name),
    version: version === '' ? null : normalize('version', type, version),
    qualifiers,
    subpath: subpathSegmentsOf(subpath.join('/')).join('/') || null,
  };
}

/** The package's identity: the canonical package URL without version, qualifiers and subpath. What is no purl stays as it is. */
export function purlWithoutVersion(purl: string): string {
  const parts = parsePurl(purl);
  return parts === undefined ? purl : formatPurl({ type: parts.type, namespace: parts.namespace, name: parts.name });
}

/** The last `@` starts the version, unless it starts a folder: then it is the unencoded mark of an npm scope. */
function splitVersion(path: string): readonly [string, string | undefined] {
  const at = path.lastIndexOf('@');
  const isScope = (at === 0 || path.charAt(at - 1) === '/') && path.includes('/', at);
  return at === -1 || isScope ? [path, undefined] : [path.slice(0, at), path.slice(at + 1)];
}

function parseQualifiers(text: string): Purl['qualifiers'] | undefined {
  const found = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).toLowerCase();
    const value = decode(pair.slice(equals + 1));
    if (!KEY.test(key) || value === undefined || found.has(key)) return undefined;
    if (value !== '') found.set(key, value);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decodeSegments(text: string): readonly string[] | undefined {
  const segments: string[] = [];
  for (const segment of segmentsOf(text)) {
    const decoded = decode(segment);
    if (decoded === undefined) return undefined;
    segments.push(decoded);
  }
  return segments;
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** A subpath never climbs: `.` and `..` are dropped. */
function subpathSegmentsOf(path: string): readonly string[] {
  return segmentsOf(path).filter((segment) => segment !== '.' && segment !== '..');
}

function splitLast(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.lastIndexOf(separator);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** Leaves alone what the specification does not let be encoded: letters, digits, `.-_~` and the colon. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
