import { type Field, FlawedField, productBudget, readEach } from './fields.ts';
import { vexLimits } from './limits.ts';
import { placeWords, type VexDocument, type VexProduct, type VexStatement, type VexStatus } from './statement.ts';

const STATES: { readonly [state: string]: VexStatus } = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  false_positive: 'not_affected',
  not_affected: 'not_affected',
};

/**
 * The analyses of a CycloneDX document's vulnerabilities; entries without an analysis state nothing.
 * https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis
 */
export function readCycloneDxVex(document: Field, source: string): VexDocument {
  const written = document.at('metadata').at('timestamp').instant() ?? null;
  const purls = purlsByRef(document);
  const count = productBudget();
  const { values, flaws } = readEach(document.at('vulnerabilities').list(), (field) => {
    const statements = readVulnerability(field.object(), { written, source, purls });
    count(statements.reduce((sum, { products }) => sum + products.length, 0));
    return statements;
  });
  return { format: 'cyclonedx', statements: values, flaws };
}

interface Around {
  readonly written: string | null;
  readonly source: string;
  readonly purls: ReadonlyMap<string, string>;
}

function readVulnerability(field: Field, { written, source, purls }: Around): readonly VexStatement[] {
  const analysis = field.at('analysis');
  if (!analysis.present) return [];
  const state = analysis.at('state');
  const status = STATES[state.present ? state.oneOf(Object.keys(STATES)) : 'in_triage'] ?? 'under_investigation';
  const products = field
    .at('affects')
    .list()
    .flatMap((affected) => readAffected(affected, purls, status));
  const vulnerability = [
    field.at('id').name(),
    ...field
      .at('references')
      .list()
      .slice(0, vexLimits.namesMax)
      .map((reference) => reference.at('id').name()),
  ];
  const shared = {
    vulnerability,
    justification: analysis.at('justification').optionalName() ?? null,
    note: analysis.at('detail').note(),
    at:
      analysis.at('lastUpdated').instant() ??
      analysis.at('firstIssued').instant() ??
      field.at('updated').instant() ??
      written,
    source,
    place: placeWords(field.path),
  };
  const statuses = [...new Set(products.map((product) => product.status))];
  return statuses.map((one) => ({
    ...shared,
    status: one,
    products: products.filter((product) => product.status === one).map(({ product }) => product),
  }));
}

interface Affected {
  readonly status: VexStatus;
  readonly product: VexProduct;
}

/** A version may carry a status of its own, which goes before the analysis: one entry then tells old and new versions apart. */
function readAffected(field: Field, purls: ReadonlyMap<string, string>, status: VexStatus): readonly Affected[] {
  const names = namesOf(field.at('ref').name(), purls);
  const versions = field.at('versions').list();
  if (versions.length === 0) return [{ status, product: { names, parts: null } }];
  return versions.map((version) => {
    const exact = version.at('version').optionalName();
    const range = version.at('range').optionalName();
    const named = exact ?? range;
    if (named === undefined) throw new FlawedField(version, 'has neither version nor range');
    return {
      status: statusOfVersion(version.at('status'), status),
      product: { names, versions: [named], parts: null },
    };
  });
}

function statusOfVersion(field: Field, status: VexStatus): VexStatus {
  if (!field.present) return status;
  switch (field.oneOf(['affected', 'unaffected', 'unknown'])) {
    case 'affected':
      return 'affected';
    case 'unaffected':
      return status === 'fixed' ? 'fixed' : 'not_affected';
    case 'unknown':
      return 'under_investigation';
  }
}

/** A reference is a bom-ref of this document, a BOM-Link to another (`urn:cdx:serial/1#ref`), or a purl itself. */
function namesOf(ref: string, purls: ReadonlyMap<string, string>): readonly string[] {
  const known = purls.get(ref);
  if (known !== undefined) return [known];
  const hash = ref.startsWith('urn:cdx:') ? ref.indexOf('#') : -1;
  const inner = hash === -1 ? ref : decoded(ref.slice(hash + 1));
  return [purls.get(inner) ?? inner];
}

/** A BOM-Link encodes the reference, but nobody is sure to. */
function decoded(text: string): string {
  try {
    return text.startsWith('pkg:') ? text : decodeURIComponent(text);
  } catch {
    return text;
  }
}

function purlsByRef(document: Field): ReadonlyMap<string, string> {
  const purls = new Map<string, string>();
  const open = [document.at('metadata').at('component'), ...document.at('components').list()];
  for (let at = 0; at < open.length && at < vexLimits.treeNodesMax; at += 1) {
    const component = open[at];
    if (component === undefined) break;
    const { value: ref } = component.at('bom-ref');
    const { value: purl } = component.at('purl');
    if (typeof ref === 'string' && typeof purl === 'string') purls.set(ref, purl);
    const { value: inner } = component.at('components');
    if (Array.isArray(inner)) for (const each of component.at('components').list()) open.push(each);
  }
  return purls;
}
