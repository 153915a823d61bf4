import { type Field, FlawedField, productBudget, readEach } from './fields.ts';
import { vexLimits } from './limits.ts';
import { placeWords, VEX_STATUSES, type VexDocument, type VexProduct, type VexStatement } from './statement.ts';

/**
 * An OpenVEX document. Both spellings of vulnerability and product are read: version 0.0 wrote texts where 0.2 has objects.
 * https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export function readOpenVex(document: Field, source: string): VexDocument {
  const written = document.at('last_updated').instant() ?? document.at('timestamp').instant() ?? null;
  const count = productBudget();
  const { values, flaws } = readEach(document.at('statements').list(), (field) => [
    readStatement(field.object(), { written, source, count }),
  ]);
  return { format: 'openvex', statements: values, flaws };
}

interface Around {
  readonly written: string | null;
  readonly source: string;
  readonly count: (products: number) => void;
}

function readStatement(field: Field, { written, source, count }: Around): VexStatement {
  const status = field.at('status').oneOf(VEX_STATUSES);
  const products = field.at('products').list().map(readProduct);
  if (products.length === 0) throw new FlawedField(field.at('products'), 'names no product');
  count(products.reduce((sum, { parts }) => sum + 1 + (parts?.length ?? 0), 0));
  return {
    vulnerability: readVulnerability(field.at('vulnerability')),
    products,
    status,
    justification: field.at('justification').optionalName() ?? null,
    note: field.at('impact_statement').note() ?? field.at('action_statement').note() ?? field.at('status_notes').note(),
    at: field.at('last_updated').instant() ?? field.at('timestamp').instant() ?? written,
    source,
    place: placeWords(field.path),
  };
}

function readVulnerability(field: Field): readonly string[] {
  if (typeof field.value === 'string') return [field.name()];
  const vulnerability = field.object();
  const names = [
    vulnerability.at('name').optionalName(),
    ...vulnerability
      .at('aliases')
      .list()
      .slice(0, vexLimits.namesMax)
      .map((alias) => alias.name()),
  ].filter((name) => name !== undefined);
  if (names.length > 0) return names;
  // Only an IRI: its last segment is the id, as in https://nvd.nist.gov/vuln/detail/CVE-2019-17571.
  const last = vulnerability.at('@id').optionalName()?.split('/').at(-1);
  if (last === undefined || last === '') throw new FlawedField(field, 'has no name');
  return [last];
}

function readProduct(field: Field): VexProduct {
  const subcomponents = field.at('subcomponents').list();
  return {
    names: readNames(field),
    parts: subcomponents.length === 0 ? null : subcomponents.map(readNames),
  };
}

function readNames(field: Field): readonly string[] {
  if (typeof field.value === 'string') return [field.name()];
  const component = field.object();
  const identifiers = component.at('identifiers');
  const hashes = component.at('hashes');
  const names = [
    component.at('@id').optionalName(),
    identifiers.at('purl').optionalName(),
    identifiers.at('cpe23').optionalName(),
    digestName('sha256', hashes.at('sha-256')),
    digestName('sha512', hashes.at('sha-512')),
  ].filter((name) => name !== undefined);
  if (names.length === 0) throw new FlawedField(field, 'has neither @id nor identifiers');
  return [...new Set(names)];
}

function digestName(algorithm: string, field: Field): string | undefined {
  const hex = field.optionalName();
  return hex === undefined ? undefined : `${algorithm}:${hex.toLowerCase()}`;
}
