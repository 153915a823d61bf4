/** A name of the Common Platform Enumeration, unquoted and in lower case; `*` is any value, `-` none. */
export interface Cpe {
  /** `a` application, `o` operating system, `h` hardware. */
  readonly part: string;
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly update: string;
  /** What the product runs in or on: `wordpress`, `android`. */
  readonly targetSoftware: string;
}

/** NVD's longest names have about 200 characters. */
const CPE_CHARACTERS_MAX = 1000;
const COMPONENTS = 13;

/** Reads a CPE 2.3 formatted string; undefined for anything else. https://nvlpubs.nist.gov/nistpubs/Legacy/IR/nistir7695.pdf, 6.2 */
export function parseCpe(text: string): Cpe | undefined {
  if (text.length > CPE_CHARACTERS_MAX) return undefined;
  // A quoted colon is part of a component.
  const components = text.split(/(?<!\\):/).map((component) => component.replace(/\\(.)/g, '$1').toLowerCase());
  const [cpe, form, part, vendor, product, version, update, , , , targetSoftware] = components;
  if (components.length !== COMPONENTS || cpe !== 'cpe' || form !== '2.3') return undefined;
  if (part === undefined || vendor === undefined || product === undefined || targetSoftware === undefined)
    return undefined;
  if (version === undefined || update === undefined || vendor === '' || product === '') return undefined;
  return { part, vendor, product, version, update, targetSoftware };
}

/** The name under which advisories of the ecosystem `cpe` are filed: `f5:nginx`. */
export function cpeName({ vendor, product }: Cpe): string {
  return `${vendor}:${product}`;
}

/** Version and update as one version to compare: `1.8.0` and `update392` are `1.8.0_update392`. */
export function cpeVersion({ version, update }: Cpe): string {
  return update === '*' || update === '-' ? version : `${version}_${update}`;
}
