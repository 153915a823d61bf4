import { type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type PythonDistribution = {
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly string[];
};

export type MetadataResult =
  | { readonly kind: 'distribution'; readonly distribution: PythonDistribution }
  | { readonly kind: 'broken'; readonly code: 'unreadable' | 'limit-exceeded'; readonly reason: string };

/**
 * The headers of METADATA or PKG-INFO: e-mail style, ended by the first blank line; the description that follows is not read.
 * https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export function parseMetadata(file: Readable): MetadataResult {
  const headers = new Map<string, string[]>();
  const bounds = { fileBytesMax: limits.metadataHeaderBytesMax, lineBytesMax: limits.metadataHeaderBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    if (line.trim() === '') return false;
    const match = /^([A-Za-z][A-Za-z-]{0,63}):(.*)$/.exec(line);
    const key = match?.[1]?.toLowerCase();
    if (key !== undefined && KEPT.has(key))
      headers.set(key, [...(headers.get(key) ?? []), match?.[2]?.trim() ?? ''].slice(0, HEADERS_MAX));
    return true;
  });
  const name = identifierOf(headers.get('name')?.[0], limits.nameCharsMax);
  const version = identifierOf(headers.get('version')?.[0], limits.versionCharsMax);
  if (name === undefined || version === undefined) {
    return outcome === 'file-bytes' || outcome === 'line-bytes'
      ? { kind: 'broken', code: 'limit-exceeded', reason: 'the headers are longer than metadataHeaderBytesMax' }
      : { kind: 'broken', code: 'unreadable', reason: 'the headers have no readable Name and Version' };
  }
  return { kind: 'distribution', distribution: { name, version, licenses: toLicenses(headers) } };
}

const KEPT = new Set(['name', 'version', 'license', 'license-expression', 'classifier']);
const HEADERS_MAX = 256;

/** The expression where there is one; else the classifiers, which come from a closed list; else the free text. */
function toLicenses(headers: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const classified = (headers.get('classifier') ?? [])
    .filter((classifier) => classifier.startsWith('License ::'))
    .map((classifier) => classifier.slice(classifier.lastIndexOf('::') + 2).trim());
  const expression = headers.get('license-expression') ?? [];
  const free = (headers.get('license') ?? []).filter((license) => license.toUpperCase() !== 'UNKNOWN');
  const chosen = [expression, classified, free].find((list) => list.some((license) => license !== '')) ?? [];
  const clean = chosen.filter((license) => license !== '').map((license) => cleanText(license, limits.licenseCharsMax));
  return [...new Set(clean)].slice(0, limits.licensesPerPackageMax);
}

/** PEP 503: how the index compares names. https://packaging.python.org/en/latest/specifications/name-normalization/ */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}
