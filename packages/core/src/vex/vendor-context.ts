import type { Judgement } from '../matching/judgement.ts';
import type { Inventory, OperatingSystem, Package, Relation } from '../package.ts';
import { parentsOf, walkUp } from './above.ts';
import { type NamedImage, readReference } from './image-names.ts';
import { isClosing, type NamedPackage, reasonOf, sourceOf, type VexVerdict, vexJudge } from './judge.ts';
import { vexLimits } from './limits.ts';
import type { VexStatement } from './statement.ts';
import { imageAsServed, vendorProductKey, vendorProductKeys } from './vendor-products.ts';

/**
 * Whatever of an image decides which of its vendors' statements hold for one of its packages: with it the package is judged alone
 * as it is in the whole image. Plain data that is kept. Nothing in it but what names a vendor's product, so that an image that is
 * read again through another name is the same.
 */
export interface VendorContext {
  /** Of the package, with version and qualifiers. */
  readonly purl: string;
  /** Keys of all products of vendors in the image: what the database is asked for. */
  readonly products: readonly string[];
  readonly image: NamedImage;
  readonly operatingSystem: OperatingSystem | null;
  /** The package, and where a vendor's program is among them also all through which it came into the image. */
  readonly packages: readonly NamedPackage[];
  readonly relations: readonly Relation[];
}

/**
 * For each package of the image what its vendors' statements are held against; undefined where no vendor can have said anything of
 * it. `isVendors` tells the keys of products that some vendor answers for. Asked in the order of the packages: after
 * `contextsCharactersMax` the rest has none and nobody answers for it, as a program names its module and its parts itself, and
 * whoever builds an image of thousands decides what each of them costs.
 */
export function vendorContexts(
  image: NamedImage,
  { operatingSystem, packages, relations = [] }: Pick<Inventory, 'operatingSystem' | 'packages' | 'relations'>,
  isVendors: (product: string) => boolean,
): (pkg: Package) => VendorContext | undefined {
  const products = vendorProductKeys(image, packages).filter(isVendors).sort();
  if (products.length === 0) return () => undefined;
  const named = namesOfVendors(imageAsServed(image), isVendors);
  const isImage = products.some((key) => key.startsWith('oci:'));
  const byPurl = Map.groupBy(packages, ({ purl }) => purl);
  const parents = parentsOf(relations);
  const known = new Set(products);
  const isProgram = (purl: string) => known.has(vendorProductKey(purl) ?? '');
  let left = vexLimits.contextsCharactersMax;
  return (pkg) => {
    if (left <= 0) return undefined;
    const above = [...(walkUp(pkg.purl, parents) ?? [])];
    const ways = above.flatMap((to) => (parents.get(to) ?? []).map((from) => ({ from, to })));
    left -= above.length === 0 ? vexLimits.waysMax : ways.length;
    const isPart = above.some((purl) => purl !== pkg.purl && isProgram(purl));
    if (!isImage && !isPart && !isProgram(pkg.purl)) return undefined;
    const purls = isPart ? above : [pkg.purl];
    const context: VendorContext = {
      purl: pkg.purl,
      products,
      image: named,
      operatingSystem,
      packages: purls.flatMap((purl) => (byPurl.get(purl) ?? []).map((one) => asNamed(one, isPart))),
      relations: isPart ? ways : [],
    };
    left -= JSON.stringify(context).length;
    return context;
  };
}

/** The judgements on a package as its vendors' statements leave them; all-clears stay as they are. */
export function inVendorContext(
  judgements: readonly Judgement[],
  { purl, image, operatingSystem, packages, relations }: VendorContext,
  statements: readonly VexStatement[],
): readonly Judgement[] {
  if (statements.length === 0 || judgements.length === 0) return judgements;
  const answerOf = vexJudge(statements, { image, operatingSystem, packages, relations });
  return judgements.map((judgement) => {
    const isAllClear = (judgement.verdict === 'fixed' || judgement.verdict === 'not-affected') && !judgement.setAside;
    const { id, aliases, evidence } = judgement;
    const answer = isAllClear ? undefined : answerOf({ id, aliases, evidence, package: { purl } });
    return answer === undefined ? judgement : answered(judgement, answer);
  });
}

function answered(judgement: Judgement, answer: VexVerdict): Judgement {
  const { status, justification, note } = answer.statement;
  const vex = { status, justification, note, source: sourceOf(answer) };
  const told = { ...judgement, evidence: { ...judgement.evidence, vex } };
  if (isClosing(answer.statement)) {
    const reason = `its vendor answers: ${reasonOf(answer)} (${vex.source})`;
    return {
      ...told,
      verdict: 'not-affected',
      risk: 0,
      explanation: reason,
      setAside: { kind: 'vendor-statement', reason },
    };
  }
  const isOpenQuestion =
    status === 'under_investigation' && judgement.verdict === 'affected' && judgement.fixedIn.length === 0;
  return isOpenQuestion ? { ...told, verdict: 'under-investigation' } : told;
}

/** Names that are no vendor's can't be what a statement is about. */
function namesOfVendors(image: NamedImage, isVendors: (product: string) => boolean): NamedImage {
  const isOwn = (name: string) => name !== '' && isVendors(`oci:${readReference(name).repository}`);
  const isElsewhere = ![image.name, ...image.digests.flatMap(({ repository }) => repository ?? [])].some(isOwn);
  return {
    name: isOwn(image.name) ? image.name : '',
    source: image.source,
    tags: [],
    platform: image.platform === null ? null : { architecture: image.platform.architecture },
    id: isElsewhere ? null : image.id,
    digests: isElsewhere
      ? []
      : image.digests.map((one) =>
          one.repository === null || isOwn(one.repository) ? one : { ...one, repository: null },
        ),
  };
}

/** Where files lie matters only to parts of a program. */
function asNamed({ purl, version, source, distribution, paths, cpes }: Package, isPart: boolean): NamedPackage {
  return {
    purl,
    version,
    source,
    distribution,
    paths: isPart ? paths : [],
    ...(cpes === undefined ? {} : { cpes }),
  };
}
