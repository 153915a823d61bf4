import { fieldOf, type JsonObject, listOf, objectOf, stringOf, toObject } from '../json/index.ts';
import type { SbomBounds, SbomComponent, SbomDocument, SbomResult } from './index.ts';

export function isCycloneDx(document: JsonObject): boolean {
  return fieldOf(document, 'bomFormat') === 'CycloneDX' && typeof fieldOf(document, 'specVersion') === 'string';
}

/** Kinds of components that are no packages. Applications count where a purl names them. */
const NO_PACKAGES = new Set(['file', 'container', 'operating-system', 'machine-learning-model', 'data', 'device']);

export function parseCycloneDx(document: JsonObject, bounds: SbomBounds): SbomResult {
  const components: SbomComponent[] = [];
  const problems: SbomDocument['problems'][number][] = [];
  let operatingSystem: SbomDocument['operatingSystem'] = null;
  let seen = 0;
  // Components nest as deep as their author likes: a list of what is still to do instead of recursion.
  const pending = listOf(document, 'components')
    .map((value) => ({ value, depth: 1 }))
    .reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    seen += 1;
    if (seen > bounds.componentsMax) {
      return { fault: `the document lists more than ${bounds.componentsMax} components`, code: 'limit-exceeded' };
    }
    const item = toObject(next.value);
    if (item === undefined) {
      problems.push({ code: 'unreadable', detail: `component ${seen} is not as CycloneDX describes one` });
      continue;
    }
    const children = listOf(item, 'components');
    if (children.length > 0 && next.depth >= bounds.depthMax) {
      const detail = `components nested deeper than ${bounds.depthMax} are not read`;
      problems.push({ code: 'limit-exceeded', detail });
    } else for (const child of children.toReversed()) pending.push({ value: child, depth: next.depth + 1 });
    const type = stringOf(item, 'type');
    if (type === 'operating-system') {
      operatingSystem ??= { name: stringOf(item, 'name') ?? '', version: stringOf(item, 'version') ?? '' };
    }
    const purl = stringOf(item, 'purl') ?? null;
    if (NO_PACKAGES.has(type ?? '') || (type === 'application' && purl === null)) continue;
    components.push(toComponent(item, purl));
  }
  const described = objectOf(objectOf(document, 'metadata') ?? {}, 'component');
  return {
    name: (described === undefined ? undefined : stringOf(described, 'name')) ?? null,
    operatingSystem,
    components,
    needs: needsOf(document, bounds),
    problems,
  };
}

function toComponent(item: JsonObject, purl: string | null): SbomComponent {
  const cpe = stringOf(item, 'cpe');
  return {
    ref: stringOf(item, 'bom-ref') ?? null,
    name: stringOf(item, 'name') ?? '?',
    version: stringOf(item, 'version') ?? '',
    purl,
    cpes: cpe === undefined ? [] : [cpe],
    licenses: listOf(item, 'licenses').flatMap((value) => {
      const entry = toObject(value) ?? {};
      const license = objectOf(entry, 'license') ?? {};
      return stringOf(entry, 'expression') ?? stringOf(license, 'id') ?? stringOf(license, 'name') ?? [];
    }),
  };
}

function needsOf(document: JsonObject, { needsMax }: SbomBounds): SbomDocument['needs'] {
  const needs: SbomDocument['needs'][number][] = [];
  for (const value of listOf(document, 'dependencies')) {
    const entry = toObject(value) ?? {};
    const from = stringOf(entry, 'ref');
    for (const to of listOf(entry, 'dependsOn')) {
      if (needs.length >= needsMax) return needs;
      if (from !== undefined && typeof to === 'string') needs.push({ from, to });
    }
  }
  return needs;
}
