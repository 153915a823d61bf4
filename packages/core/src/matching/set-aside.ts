import type { SetAside } from '../finding.ts';
import type { Conclusion } from './conclusion.ts';
import { kernelPartOf } from './kernel.ts';
import type { Matchable } from './matcher.ts';

/**
 * Why an open verdict is no vulnerability of an image: it is listed apart with this reason and counts nowhere. Undefined for all
 * others. See docs/adr/0028-kept-apart.md.
 */
export function setAsideOf(subject: Matchable, { informational }: Conclusion): SetAside | undefined {
  if (kernelPartOf(subject) === 'headers') {
    return {
      kind: 'kernel-headers',
      reason: 'only headers of the kernel are installed; a container runs the kernel of its host',
    };
  }
  return informational === null ? undefined : { kind: informational, reason: INFORMATION[informational] };
}

export type Informational = Exclude<SetAside['kind'], 'kernel-headers' | 'vendor-statement'>;

const INFORMATION: { readonly [kind in Informational]: string } = {
  unmaintained: 'nobody maintains it any more: flaws found from now on stay, and may never be published',
  unsound: 'its safe interface allows undefined behaviour; its authors file no vulnerability',
  notice: 'a notice about the project, not about a flaw',
};

/**
 * The kind of a source's word that rates no flaw but tells of the project, or undefined.
 * https://github.com/rustsec/advisory-db#advisory-format
 */
export function informationalOf(word: string | null): Informational | undefined {
  switch (word) {
    case 'unmaintained':
    case 'unsound':
    case 'notice':
      return word;
    default:
      return undefined;
  }
}
