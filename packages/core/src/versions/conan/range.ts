import { successor } from '../order.ts';
import { type ConanVersion, compareConan, isNumber, parseConan, plainItem, splitConan } from './version.ts';

interface Condition {
  readonly operator: string;
  readonly bound: ConanVersion;
}

/**
 * `>=1.0 <2 || ~3.1 || ^4 || 5.*`: alternatives of conditions parted by blanks. Whether pre-releases may be chosen is a question
 * of those who install; here they lie where the order puts them, as with `include_prerelease`, and a lower end has its own
 * pre-releases in it while an upper end has not. https://docs.conan.io/2/reference/conanfile/methods/requirements.html
 */
export function satisfies(version: ConanVersion, range: string): boolean | undefined {
  const [expression = '', ...options] = range.split(',');
  if (expression.trim() === '' || options.some((option) => !/^\s*include_prerelease\s*$/.test(option)))
    return undefined;
  let satisfied = false;
  for (const alternative of expression.split('||')) {
    const conditions = parseConditions(alternative);
    if (conditions === undefined) return undefined;
    if (conditions.every((condition) => meets(version, condition))) satisfied = true;
  }
  return satisfied;
}

function parseConditions(text: string): readonly Condition[] | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const conditions: Condition[] = [];
  for (const word of words.length === 0 ? ['*'] : words) {
    const parsed = parseWord(word);
    if (parsed === undefined) return undefined;
    conditions.push(...parsed);
  }
  return conditions;
}

function parseWord(word: string): readonly Condition[] | undefined {
  if (word === '*') return [{ operator: '>=', bound: splitConan('0.0.0-') }];
  const [, stated = '', text = ''] = /^(>=|<=|[<>=^~])?(.*)$/.exec(word) ?? [];
  const isWild = stated === '' && text.endsWith('*');
  const bound = parseConan(isWild ? text.slice(0, -1) : text);
  if (bound === undefined || (stated === '' && !isWild && word.length === 1)) return undefined;
  if (isWild) return [{ operator: '*', bound }];
  switch (stated) {
    case '~':
      return between(text.includes('-') ? bound : splitConan(`${text}-`), bound.main.length > 1 ? 1 : 0);
    case '^':
      return between(withStages(bound), firstSignificant(bound.main));
    case '>=':
    case '<':
      return [{ operator: stated, bound: withStages(bound) }];
    default:
      return [{ operator: stated === '' ? '=' : stated, bound }];
  }
}

function between(low: ConanVersion, index: number): readonly Condition[] | undefined {
  const number = plainItem(low.main[index] ?? '');
  if (!isNumber(number)) return undefined;
  const zeros = low.main.slice(index + 1).map(() => '0');
  const end = [...low.main.slice(0, index), successor(number), ...zeros].join('.');
  return [
    { operator: '>=', bound: low },
    { operator: '<', bound: splitConan(`${end}-`) },
  ];
}

/** The bound below all pre-releases of the same numbers, unless it names a stage or a build. */
function withStages(bound: ConanVersion): ConanVersion {
  return bound.prerelease === null && bound.build === null ? splitConan(`${bound.text}-`) : bound;
}

function firstSignificant(main: readonly string[]): number {
  const index = main.findIndex((item) => !/^0+$/.test(plainItem(item)));
  return index === -1 ? main.length : index;
}

function meets(version: ConanVersion, { operator, bound }: Condition): boolean {
  if (operator === '*') return version.text.startsWith(bound.text);
  const order = compareConan(version, bound);
  switch (operator) {
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default:
      return order === 0;
  }
}
