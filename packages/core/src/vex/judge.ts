import type { Finding } from '../finding.ts';
import type { OperatingSystem, Package, Relation } from '../package.ts';
import { parentsOf, walkUp } from './above.ts';
import { type ImageNames, imageNames, isNameOfImage, isPurlOfImage, type NamedImage } from './image-names.ts';
import { isPurlOfPackage, purlReader } from './packages-named.ts';
import type { VexProduct, VexStatement } from './statement.ts';
import { inVersRange } from './vers.ts';

/** As much of a package as statements may name it by. */
export type NamedPackage = Pick<Package, 'purl' | 'version' | 'source' | 'distribution' | 'paths' | 'cpes'>;

/** What statements are held against. */
export interface VexSubject {
  readonly image: NamedImage;
  readonly operatingSystem: OperatingSystem | null;
  readonly packages: readonly NamedPackage[];
  readonly relations: readonly Relation[];
}

/** The flaw and the package that are asked about. */
export type VexQuestion = Pick<Finding, 'id' | 'aliases'> & {
  readonly package: Pick<Finding['package'], 'purl'>;
  readonly evidence: Pick<Finding['evidence'], 'advisories'>;
};

/** The statement that holds for a finding: the latest of those that are about it. */
export interface VexVerdict {
  readonly statement: VexStatement;
  /** The package whose part the finding's package is, where the statement speaks of that one. */
  readonly through: string | null;
}

/** Statements in order: of documents as they were named, inside each as written. */
export function vexJudge(
  statements: readonly VexStatement[],
  subject: VexSubject,
): (finding: VexQuestion) => VexVerdict | undefined {
  const byVulnerability = new Map<string, VexStatement[]>();
  for (const statement of statements) {
    for (const name of new Set(statement.vulnerability.map((one) => one.toUpperCase()))) {
      const known = byVulnerability.get(name);
      if (known === undefined) byVulnerability.set(name, [statement]);
      else known.push(statement);
    }
  }
  const order = new Map(statements.map((statement, at) => [statement, at]));
  const places = new Places(subject);
  return (finding) => {
    const names = [finding.id, ...finding.aliases, ...finding.evidence.advisories.map(({ id }) => id)];
    const about = [...new Set(names.flatMap((name) => byVulnerability.get(name.toUpperCase()) ?? []))];
    if (about.length === 0) return undefined;
    about.sort((a, b) => timeOf(a) - timeOf(b) || (order.get(a) ?? 0) - (order.get(b) ?? 0));
    return places.verdict(finding.package.purl, about);
  };
}

/** A statement without a date is older than any with one. */
function timeOf({ at }: VexStatement): number {
  return at === null ? 0 : Date.parse(at);
}

/** Whether the statement says that nothing is left to do. */
export const isClosing = ({ status }: VexStatement): boolean => status === 'not_affected' || status === 'fixed';

/** `not_affected, vulnerable_code_not_present, as part of pkg:golang/…: Never linked in.` */
export function reasonOf({ statement: { status, justification, note }, through }: VexVerdict): string {
  const words = [status, justification, through === null ? null : `as part of ${through}`];
  return `${words.filter((word) => word !== null).join(', ')}${note === null ? '' : `: ${note}`}`;
}

/** `redis.vex.json statements[3] of 2026-01-01` */
export function sourceOf({ statement: { source, place, at } }: VexVerdict): string {
  return `${source} ${place}${at === null ? '' : ` of ${at.slice(0, 10)}`}`;
}

class Places {
  readonly #names: ImageNames;
  readonly #packages = new Map<string, NamedPackage[]>();
  readonly #parents: ReadonlyMap<string, readonly string[]>;
  readonly #read = purlReader();

  constructor({ image, operatingSystem, packages, relations }: VexSubject) {
    this.#names = imageNames(image, operatingSystem);
    for (const pkg of packages) push(this.#packages, pkg.purl, pkg);
    this.#parents = parentsOf(relations);
  }

  /** `about` from the oldest to the latest. */
  verdict(purl: string, about: readonly VexStatement[]): VexVerdict | undefined {
    const own = about.findLast(({ products }) =>
      products.some((product) => this.#isImage(product, purl) || this.#isPackage(product, purl, purl)),
    );
    if (own !== undefined) return { statement: own, through: null };
    return this.#throughOthers(purl, about);
  }

  /**
   * A product covers its parts; but a package is only answered for when every way by which it came into the image leads
   * through such a product: beside it the same library may be used in another program.
   */
  #throughOthers(purl: string, about: readonly VexStatement[]): VexVerdict | undefined {
    if (walkUp(purl, this.#parents) === undefined) return undefined;
    const covering = new Map<string, VexStatement>();
    const open = [purl];
    const seen = new Set(open);
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const ways = this.#parents.get(node) ?? [];
      if (ways.length === 0 || this.#isTop(node)) return undefined;
      for (const parent of ways) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        const statement = about.findLast(({ products }) =>
          products.some((product) => this.#isPackage(product, parent, purl)),
        );
        if (statement !== undefined && isClosing(statement)) covering.set(parent, statement);
        else open.push(parent);
      }
    }
    if (!this.#areAllPlacesIn(purl, [...covering.keys()])) return undefined;
    const [first] = [...covering].sort(([, a], [, b]) => timeOf(b) - timeOf(a));
    return first === undefined ? undefined : { through: first[0], statement: first[1] };
  }

  /** The operating system installs its packages for all programs alike. */
  #isTop(purl: string): boolean {
    return (this.#packages.get(purl) ?? []).some(({ distribution }) => distribution !== null);
  }

  /** Modules of a program lie in the program's file: where one lies in another file too, that one is not answered for. */
  #areAllPlacesIn(purl: string, wholes: readonly string[]): boolean {
    const pathsOf = (one: string) => (this.#packages.get(one) ?? []).flatMap(({ paths }) => paths);
    const inside = new Set(wholes.flatMap(pathsOf));
    const paths = pathsOf(purl);
    return !paths.some((path) => inside.has(path)) || paths.every((path) => inside.has(path));
  }

  #isImage({ names, versions, parts }: VexProduct, purl: string): boolean {
    if (versions !== undefined) return false;
    const isNamed = names.some((name) => {
      const wanted = this.#read(name);
      return wanted === undefined ? isNameOfImage(name, this.#names) : isPurlOfImage(wanted, this.#names);
    });
    return isNamed && (parts === null || this.#isPart(parts, purl));
  }

  /** Whether the product is the package `whole` and its statement is about `purl` in it. */
  #isPackage({ names, versions, parts }: VexProduct, whole: string, purl: string): boolean {
    if (!this.#isNamed(names, whole)) return false;
    if (versions !== undefined && !versions.some((range) => this.#isVersion(range, whole))) return false;
    return parts === null || this.#isPart(parts, purl);
  }

  #isPart(parts: readonly (readonly string[])[], purl: string): boolean {
    return parts.some((names) => this.#isNamed(names, purl));
  }

  #isNamed(names: readonly string[], purl: string): boolean {
    const actual = this.#read(purl);
    const packages = this.#packages.get(purl) ?? [];
    return names.some((name) => {
      if (name === purl) return true;
      const wanted = this.#read(name);
      if (wanted !== undefined) return packages.some((pkg) => isPurlOfPackage(wanted, pkg, actual));
      return name.startsWith('cpe:') && packages.some((pkg) => pkg.cpes?.includes(name) === true);
    });
  }

  #isVersion(range: string, purl: string): boolean {
    const version = this.#read(purl)?.version ?? null;
    if (version === null) return false;
    return range.startsWith('vers:') ? inVersRange(version, range) === true : range === version;
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
