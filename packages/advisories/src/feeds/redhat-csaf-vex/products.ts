import { parsePurl } from '@hullcheck/core';
import { type Platform, toPlatform } from '../red-hat-platform.ts';
import { type VexDocument, vexBranch } from './schema.ts';

/** What is shipped. */
export interface Component {
  readonly name: string;
  readonly isSource: boolean;
  /** With its epoch; null where the document speaks of every version. */
  readonly version: string | null;
  /** `nodejs:18`. */
  readonly module: string | null;
}

export interface Shipped {
  readonly platform: Platform;
  readonly component: Component;
}

/** Red Hat's own trees have four levels. */
const BRANCHES_DEPTH_MAX = 16;
/** A build of a module is a component of the module, which is one of the product. */
const RELATIONS_DEPTH_MAX = 4;

interface Identified {
  readonly cpe: string | undefined;
  readonly purl: string | undefined;
}

/** What a product id of the document stands for; undefined for what is no rpm of RHEL or of a product that images name. */
export function shippedProducts({ product_tree: tree }: VexDocument): (productId: string) => Shipped | undefined {
  const named = new Map<string, Identified>();
  for (const branch of tree?.branches ?? []) collect(branch, 0, named);
  const relations = new Map(
    (tree?.relationships ?? []).map((relation) => [relation.full_product_name.product_id, relation]),
  );
  const platforms = new Map<string, Platform | undefined>();
  const components = new Map<string, Component | undefined>();
  return (productId) => {
    const relation = relations.get(productId);
    if (relation === undefined) return undefined;
    const component = cached(components, relation.product_reference, (id) => toComponent(named.get(id)?.purl));
    if (component === undefined) return undefined;
    let at = relation.relates_to_product_reference;
    let { module } = component;
    for (let depth = 0; depth < RELATIONS_DEPTH_MAX; depth++) {
      const outer = relations.get(at);
      if (outer === undefined) break;
      module ??= moduleOf(named.get(outer.product_reference)?.purl);
      at = outer.relates_to_product_reference;
    }
    const platform = cached(platforms, at, (id) => toPlatform(named.get(id)?.cpe));
    return platform === undefined ? undefined : { platform, component: { ...component, module } };
  };
}

function cached<T>(known: Map<string, T | undefined>, id: string, make: (id: string) => T | undefined): T | undefined {
  if (!known.has(id)) known.set(id, make(id));
  return known.get(id);
}

function collect(branch: unknown, depth: number, named: Map<string, Identified>): void {
  const parsed = vexBranch.safeParse(branch);
  if (!parsed.success || depth > BRANCHES_DEPTH_MAX) return;
  const { product, branches } = parsed.data;
  if (product !== undefined) {
    const helper = product.product_identification_helper;
    named.set(product.product_id, { cpe: helper?.cpe, purl: helper?.purl });
  }
  for (const inner of branches) collect(inner, depth + 1, named);
}

function toComponent(purl: string | undefined): Component | undefined {
  const parsed = purl === undefined ? undefined : parsePurl(purl);
  if (parsed === undefined || parsed.type !== 'rpm') return undefined;
  const { name, version, qualifiers } = parsed;
  const epoch = qualifiers.epoch;
  return {
    name,
    isSource: qualifiers.arch === 'src',
    version: version === null ? null : epoch === undefined || epoch === '0' ? version : `${epoch}:${version}`,
    module: moduleLabel(qualifiers.rpmmod),
  };
}

/** A module as a component of its own: `pkg:rpmmod/redhat/nodejs@18:8080020230718144441:63b34585`, or the stream in the name. */
function moduleOf(purl: string | undefined): string | null {
  const match = /^pkg:rpmmod\/redhat\/([^@?]{1,300})(?:@([^?]{1,300}))?/.exec(purl ?? '');
  if (match === null) return null;
  return moduleLabel(decode(match[2] === undefined ? (match[1] ?? '') : `${match[1]}:${match[2]}`));
}

function decode(text: string): string {
  return text.replaceAll('%3A', ':').replaceAll('%3a', ':');
}

/** `nodejs:18:8080…:63b34585` → `nodejs:18`. A flatpak's `rpmmod=rhel10` names no stream. */
function moduleLabel(text: string | undefined): string | null {
  return /^([\w.+-]+:[\w.+-]+)(?::|$)/.exec(text ?? '')?.[1] ?? null;
}
