import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { distributionName } from './names.ts';

/** A dependency specifier: `requests[socks]>=2.8,==2.* ; python_version < "3.8"`. */
export interface Requirement {
  readonly name: string;
  /** The version that it pins with `==` or `===`; undefined for ranges, prefixes and URLs. */
  readonly pinned: string | undefined;
  readonly marker: string | undefined;
}

/** https://packaging.python.org/en/latest/specifications/dependency-specifiers/ — undefined for what names no distribution: paths, URLs. */
export function parseRequirement(text: string): Requirement | undefined {
  const head = /^\s{0,100}([A-Za-z0-9][A-Za-z0-9._-]*)\s{0,100}(?:\[[^\]]{0,2000}\])?\s{0,100}/.exec(text);
  const name = distributionName(head?.[1]);
  if (head === null || name === undefined) return undefined;
  const rest = text.slice(head[0].length);
  const [before = '', ...after] = rest.startsWith('@') ? splitUrl(rest) : splitOnce(rest, ';');
  const marker = after[0]?.trim();
  const specifiers = before.trim().replace(/^\((.*)\)$/, '$1');
  if (specifiers !== '' && !/^(?:[=<>!~]|@)/.test(specifiers)) return undefined;
  return { name, pinned: pinnedBy(specifiers), marker: marker === '' ? undefined : marker };
}

/** A marker after a URL needs a space before its semicolon, which URLs may hold themselves. */
function splitUrl(text: string): readonly string[] {
  const at = text.indexOf(' ;');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 2)];
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function pinnedBy(specifiers: string): string | undefined {
  for (const part of specifiers.split(',').slice(0, limits.requirementPartsMax)) {
    const version = /^\s*={2,3}\s*([A-Za-z0-9.!+_-]+)\s*$/.exec(part)?.[1];
    if (version !== undefined) return identifierOf(version, limits.versionCharsMax);
  }
  return undefined;
}
