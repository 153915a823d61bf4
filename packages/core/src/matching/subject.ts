import type { Package } from '../package.ts';
import { purlWithoutVersion } from '../purl/index.ts';
import type { VendorContext } from '../vex/vendor-context.ts';
import type { Matchable } from './matcher.ts';
import { redHatProducts } from './red-hat-products.ts';

/**
 * A package freed of the image it lies in: what is judged. Each distinct one is judged once for all images that have it,
 * and again only when an advisory that names it changes.
 */
export interface Subject extends Matchable {
  /** Without version, qualifiers and subpath. */
  readonly purl: string;
  readonly architecture: string | null;
  /** In an image or a program of a vendor who answers for it: there it is a subject of its own. Absent elsewhere. */
  readonly vendor?: VendorContext;
}

export function subjectOf(pkg: Package): Subject {
  return {
    purl: purlWithoutVersion(pkg.purl),
    type: pkg.type,
    name: pkg.name,
    version: pkg.version,
    source: pkg.source,
    distribution: pkg.distribution,
    architecture: pkg.architecture,
    ...(pkg.module === undefined ? {} : { module: pkg.module }),
    ...(pkg.contentSets === undefined ? {} : { contentSets: pkg.contentSets }),
    ...(pkg.cpes === undefined ? {} : { cpes: pkg.cpes }),
  };
}

/**
 * One text per distinct subject; equal subjects have equal keys. Stored: its form stays. Of content sets only the products
 * that they stand for count, so that rebuilds of an image for other architectures share their verdicts.
 */
export function subjectKey(subject: Subject): string {
  const products = redHatProducts(subject.contentSets ?? []);
  return JSON.stringify([
    subject.purl,
    subject.version,
    subject.source === null ? null : [subject.source.name, subject.source.version],
    subject.distribution === null ? null : [subject.distribution.id, subject.distribution.release],
    subject.architecture,
    ...(subject.module === undefined && products.length === 0 ? [] : [subject.module ?? null]),
    ...(products.length === 0 ? [] : [products]),
    ...(subject.cpes === undefined ? [] : [{ cpes: subject.cpes }]),
    ...(subject.vendor === undefined ? [] : [{ vendor: subject.vendor }]),
  ]);
}
