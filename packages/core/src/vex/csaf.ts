import { type ProductTree, productTree } from './csaf-products.ts';
import { type Field, FlawedField, productBudget, readEach } from './fields.ts';
import { placeWords, type VexDocument, type VexStatement, type VexStatus } from './statement.ts';

/** What each list of `product_status` says. `recommended` only advises, and says nothing of being affected. */
const STATUS_LISTS: readonly (readonly [list: string, status: VexStatus])[] = [
  ['first_affected', 'affected'],
  ['known_affected', 'affected'],
  ['last_affected', 'affected'],
  ['first_fixed', 'fixed'],
  ['fixed', 'fixed'],
  ['known_not_affected', 'not_affected'],
  ['under_investigation', 'under_investigation'],
];

/** A CSAF document of any profile that states product status. https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html */
export function readCsafVex(document: Field, source: string): VexDocument {
  const tracking = document.at('document').at('tracking');
  const written =
    tracking.at('current_release_date').instant() ?? tracking.at('initial_release_date').instant() ?? null;
  const tree = productTree(document.at('product_tree'));
  const count = productBudget();
  const { values, flaws } = readEach(document.at('vulnerabilities').list(), (field) => {
    const statements = readVulnerability(field.object(), tree, source, written);
    count(statements.reduce((sum, { products }) => sum + products.length, 0));
    return statements;
  });
  return { format: 'csaf', statements: values, flaws };
}

function readVulnerability(
  field: Field,
  tree: ProductTree,
  source: string,
  written: string | null,
): readonly VexStatement[] {
  const vulnerability = [
    field.at('cve').optionalName(),
    ...field
      .at('ids')
      .list()
      .map((id) => id.at('text').name()),
  ].filter((name) => name !== undefined);
  if (vulnerability.length === 0) throw new FlawedField(field, 'has neither cve nor ids');
  const justifications = wordsByProduct(field.at('flags').list(), tree, (flag) => flag.at('label').name());
  const notes = wordsByProduct(
    field
      .at('threats')
      .list()
      .filter((threat) => threat.at('category').value === 'impact'),
    tree,
    (threat) => threat.at('details').note() ?? '',
  );
  return STATUS_LISTS.flatMap(([list, status]) => {
    const { path } = field.at('product_status').at(list);
    const groups = new Map<
      string,
      { readonly justification: string | null; readonly note: string | null; ids: string[] }
    >();
    for (const product of field.at('product_status').at(list).list()) {
      const id = product.name();
      const justification = status === 'not_affected' ? (justifications.get(id) ?? null) : null;
      const note = notes.get(id) || null;
      const key = JSON.stringify([justification, note]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { justification, note, ids: [id] });
      else group.ids.push(id);
    }
    return [...groups.values()].map(({ justification, note, ids }) => ({
      vulnerability,
      products: ids.flatMap((id) => tree.products.get(id) ?? []),
      status,
      justification,
      note,
      at: written,
      source,
      place: placeWords(path),
    }));
  });
}

/** A flag or threat without products and groups is about all of them; the first word for a product stands. */
function wordsByProduct(fields: readonly Field[], tree: ProductTree, wordOf: (field: Field) => string) {
  const words = new Map<string, string>();
  let forAll: string | undefined;
  for (const field of fields) {
    const word = wordOf(field);
    const ids = field
      .at('product_ids')
      .list()
      .map((id) => id.name());
    const groups = field
      .at('group_ids')
      .list()
      .map((id) => id.name());
    if (ids.length === 0 && groups.length === 0) forAll ??= word;
    for (const id of [...ids, ...groups.flatMap((group) => tree.groups.get(group) ?? [])]) {
      if (!words.has(id)) words.set(id, word);
    }
  }
  return { get: (id: string): string | undefined => words.get(id) ?? forAll };
}
