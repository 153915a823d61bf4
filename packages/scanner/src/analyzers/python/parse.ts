import { type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { evaluateMarker, LINUX_WITHOUT_EXTRAS } from './marker.ts';
import { normalizeName } from './names.ts';
import { parseRequirement } from './requirement.ts';

export type PythonDistribution = {
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly string[];
  /** Names, normalised, of what it needs on Linux without extras. */
  readonly needs: readonly string[];
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
    if (key === undefined || !KEPT.has(key)) return true;
    const values = headers.get(key) ?? [];
    if (values.length < limits.needsPerPackageMax) values.push(match?.[2]?.trim() ?? '');
    headers.set(key, values);
    return true;
  });
  const name = identifierOf(headers.get('name')?.[0], limits.nameCharsMax);
  const version = identifierOf(headers.get('version')?.[0], limits.versionCharsMax);
  if (name === undefined || version === undefined) {
    return outcome === 'file-bytes' || outcome === 'line-bytes'
      ? { kind: 'broken', code: 'limit-exceeded', reason: 'the headers are longer than metadataHeaderBytesMax' }
      : { kind: 'broken', code: 'unreadable', reason: 'the headers have no readable Name and Version' };
  }
  const needs = toNeeds(headers.get('requires-dist') ?? []);
  return { kind: 'distribution', distribution: { name, version, licenses: toLicenses(headers), needs } };
}

const KEPT = new Set(['name', 'version', 'license', 'license-expression', 'classifier', 'requires-dist']);

/**
 * requires.txt beside the PKG-INFO of an egg: requirements, then sections of extras and of markers (`[:python_version < "3.8"]`).
 * https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html#requires-txt
 */
export function parseRequires(file: Readable): readonly string[] | undefined {
  const needs: string[] = [];
  let section = '';
  const bounds = { fileBytesMax: limits.metadataHeaderBytesMax, lineBytesMax: limits.metadataHeaderBytesMax };
  const outcome = readLines(file, bounds, (line) => {
    const header = /^\[(.*)\]$/.exec(line.trim());
    if (header !== null) section = header[1] ?? '';
    else if (section === '') needs.push(line);
    else if (section.startsWith(':')) needs.push(`${line};${section.slice(1)}`);
    return needs.length < limits.needsPerPackageMax;
  });
  return outcome === 'whole' || outcome === 'stopped' ? toNeeds(needs) : undefined;
}

function toNeeds(requirements: readonly string[]): readonly string[] {
  const names = requirements.flatMap((text) => {
    const found = parseRequirement(text);
    if (found === undefined) return [];
    const never = found.marker !== undefined && evaluateMarker(found.marker, LINUX_WITHOUT_EXTRAS) === 'false';
    return never ? [] : [normalizeName(found.name)];
  });
  return [...new Set(names)];
}

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
