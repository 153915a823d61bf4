import { compareVersions } from '../versions/compare.ts';
import type { SchemeId } from '../versions/scheme.ts';

const SCHEMES: { readonly [type: string]: SchemeId } = {
  alpine: 'apk',
  apk: 'apk',
  cargo: 'cargo',
  composer: 'composer',
  deb: 'deb',
  gem: 'gem',
  generic: 'generic',
  golang: 'golang',
  maven: 'maven',
  npm: 'npm',
  nuget: 'nuget',
  pypi: 'pep440',
  rpm: 'rpm',
  semver: 'semver',
};

interface Constraint {
  readonly comparator: '<' | '<=' | '>' | '>=' | '=' | '!=';
  readonly order: number;
}

/**
 * Whether a version lies in a range of the vers form: `vers:npm/>=1.0.0|<1.2.3`. Undefined where range or version can't be
 * read. https://github.com/package-url/vers-spec
 */
export function inVersRange(version: string, range: string): boolean | undefined {
  const [, type, list] = /^vers:([a-z][a-z0-9.-]*)\/(.+)$/.exec(range.trim()) ?? [];
  const scheme = type === undefined ? undefined : SCHEMES[type];
  if (scheme === undefined || list === undefined) return undefined;
  if (list.trim() === '*') return true;
  const constraints: Constraint[] = [];
  for (const text of list.split('|')) {
    const constraint = readConstraint(text.trim(), version, scheme);
    if (constraint === undefined) return undefined;
    constraints.push(constraint);
  }
  return holds(constraints);
}

function readConstraint(text: string, version: string, scheme: SchemeId): Constraint | undefined {
  const [, sign = '', bound = ''] = /^(<=|>=|!=|<|>|=)?\s*(\S.*)$/.exec(text) ?? [];
  const order = compareVersions(scheme, version, decoded(bound));
  const comparator = sign === '' ? '=' : (['<', '<=', '>', '>=', '=', '!='] as const).find((one) => one === sign);
  return order === undefined || comparator === undefined ? undefined : { comparator, order };
}

/** Exact versions first; then each lower bound reaches to the upper bound after it, and the outer ones are open. */
function holds(constraints: readonly Constraint[]): boolean {
  if (constraints.some(({ comparator, order }) => comparator === '!=' && order === 0)) return false;
  if (constraints.some(({ comparator, order }) => comparator.endsWith('=') && comparator !== '!=' && order === 0))
    return true;
  const bounds = constraints.filter(({ comparator }) => comparator !== '=' && comparator !== '!=');
  if (bounds.length === 0) return constraints.every(({ comparator }) => comparator === '!=');
  return bounds.some(({ comparator, order }, at) => {
    const next = bounds[at + 1];
    if (comparator.startsWith('<')) return at === 0 && order < 0;
    if (order <= 0) return false;
    return next === undefined || (next.comparator.startsWith('<') && next.order < 0);
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
