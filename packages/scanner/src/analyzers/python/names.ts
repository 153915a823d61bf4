import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/** PEP 503: how the index compares names. https://packaging.python.org/en/latest/specifications/name-normalization/ */
export function normalizeName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/** The text when it may be the name of a distribution: letters, digits and single separators between them. */
export function distributionName(text: string | undefined): string | undefined {
  const name = identifierOf(text, limits.nameCharsMax);
  return name !== undefined && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name) ? name : undefined;
}
