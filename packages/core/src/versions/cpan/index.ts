import { bounded } from '../bounded.ts';
import { satisfiesConstraints } from '../constraints.ts';
import { compareDigits, compareLists } from '../order.ts';
import type { VersionScheme } from '../scheme.ts';

export interface CpanVersion {
  readonly scheme: 'cpan';
  /** `1.5` is 1.500 and `1.0205` is 1.020.500: three digits of a decimal version are one number. */
  readonly numbers: readonly string[];
}

/** Perl's version objects: decimal versions (`1.0205`) and dotted ones (`v1.20.5`, or two dots) in one order. */
export const cpan: VersionScheme<CpanVersion> = bounded({
  id: 'cpan',
  specification: 'https://perldoc.perl.org/version',
  parse,
  compare: (a, b) => compareLists(a.numbers, b.numbers, (x = '', y = '') => compareDigits(x, y)),
  satisfies: (version, range) => satisfiesConstraints(cpan, version, range),
});

function parse(text: string): CpanVersion | undefined {
  return parseDotted(text) ?? parseDecimal(text);
}

/** An underscore marks a trial release and is read over: `1.02_03` is 1.0203, `v1.2_3` is v1.23. */
function parseDotted(text: string): CpanVersion | undefined {
  const isMarked = text.startsWith('v');
  const match = /^v?([0-9]+(?:\.[0-9]+)*)(?:_([0-9]+))?$/.exec(text);
  const [, body = '', trial = ''] = match ?? [];
  const numbers = `${body}${trial}`.split('.');
  if (match === null || (!isMarked && numbers.length < 3) || (trial !== '' && numbers.length < 2)) return undefined;
  return numbers.every(isSmall) ? { scheme: 'cpan', numbers } : undefined;
}

function parseDecimal(text: string): CpanVersion | undefined {
  const match = /^([0-9]*)(?:\.([0-9]*)(?:_([0-9]+))?)?$/.exec(text);
  if (match === null || !/[0-9]/.test(text)) return undefined;
  const [, whole = '', fraction = '', trial = ''] = match;
  if (trial !== '' && fraction === '') return undefined;
  const digits = fraction + trial;
  const groups = digits.match(/[0-9]{1,3}/g) ?? [];
  return isSmall(whole)
    ? { scheme: 'cpan', numbers: [whole, ...groups.map((group) => group.padEnd(3, '0'))] }
    : undefined;
}

/** version.pm refuses or cuts numbers beyond 31 bits; what it would cut is undetermined here. */
function isSmall(digits: string): boolean {
  return compareDigits(digits, '2147483647') <= 0;
}
