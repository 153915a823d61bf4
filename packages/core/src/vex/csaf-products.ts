import { type Field, tooMany } from './fields.ts';
import { vexLimits } from './limits.ts';
import type { VexProduct } from './statement.ts';

export interface ProductTree {
  /** By product id; a product that nothing identifies is absent. */
  readonly products: ReadonlyMap<string, VexProduct>;
  /** Product ids by group id. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** The product tree flattened. Branches nest as deep as the author likes, so they are walked without recursion. */
export function productTree(tree: Field): ProductTree {
  const named = new Map<string, readonly string[]>();
  const open: Field[] = [tree];
  let seen = 0;
  for (let field = open.pop(); field !== undefined; field = open.pop()) {
    seen += 1;
    if (seen > vexLimits.treeNodesMax) throw tooMany('products', vexLimits.treeNodesMax);
    addProduct(named, field.at('product'));
    for (const product of field.at('full_product_names').list()) addProduct(named, product);
    for (const branch of field.at('branches').list()) open.push(branch);
  }
  const products = new Map<string, VexProduct>();
  for (const [id, names] of named) if (names.length > 0) products.set(id, { names, parts: null });
  for (const relationship of tree.at('relationships').list()) {
    const full = relationship.at('full_product_name');
    const id = full.at('product_id').name();
    const own = namesOf(full);
    const part = named.get(relationship.at('product_reference').name()) ?? [];
    const whole = named.get(relationship.at('relates_to_product_reference').name()) ?? [];
    const product = combined(own, part, whole);
    if (product !== undefined) products.set(id, product);
  }
  const groups = new Map(
    tree
      .at('product_groups')
      .list()
      .map((group) => [
        group.at('group_id').name(),
        group
          .at('product_ids')
          .list()
          .map((id) => id.name()),
      ]),
  );
  return { products, groups };
}

/**
 * A component as part of a product. A whole that nothing identifies leaves nothing to go by: its component alone would speak
 * of every release at once, of which the next one may be affected.
 */
function combined(own: readonly string[], part: readonly string[], whole: readonly string[]): VexProduct | undefined {
  if (own.length > 0) return { names: own, parts: null };
  return part.length === 0 || whole.length === 0 ? undefined : { names: whole, parts: [part] };
}

function addProduct(named: Map<string, readonly string[]>, product: Field): void {
  if (!product.present) return;
  named.set(product.at('product_id').name(), namesOf(product));
}

function namesOf(product: Field): readonly string[] {
  const helper = product.at('product_identification_helper');
  const hashes = helper
    .at('hashes')
    .list()
    .flatMap((hash) => hash.at('file_hashes').list())
    .flatMap((hash) => {
      const algorithm = hash.at('algorithm').value;
      const value = hash.at('value').value;
      return (algorithm === 'sha256' || algorithm === 'sha512') && typeof value === 'string'
        ? [`${algorithm}:${value.toLowerCase()}`]
        : [];
    });
  const names = [helper.at('purl').optionalName(), helper.at('cpe').optionalName(), ...hashes];
  return names.filter((name) => name !== undefined);
}
