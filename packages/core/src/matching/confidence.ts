import type { Confidence } from '../finding.ts';
import { kernelPartOf } from './kernel.ts';
import type { Matchable, VerdictKind } from './matcher.ts';

/** What a verdict rests on. */
export interface Grounds {
  readonly verdict: VerdictKind;
  /** The matcher's rule: `debian-source`, `cpe-range`. */
  readonly rule: string;
  /** Whether who builds the package said so itself. */
  readonly vendor: boolean;
  readonly unparsable: string | null;
  /** Sources of equal weight that say otherwise. */
  readonly disagreeing: readonly { readonly feed: string; readonly says: VerdictKind }[];
}

/**
 * How sure it is that the flaw is in this package: `high` where who builds it, or the database of its ecosystem, names this
 * package and version; `medium` where that leaves a known doubt; `low` for a guess. Says nothing of whether the flaw can be reached.
 */
export function confidenceOf(subject: Matchable, grounds: Grounds): Confidence {
  const { verdict, rule, vendor, unparsable, disagreeing } = grounds;
  if (verdict === 'undetermined') {
    if (unparsable !== null) return low('the version can not be compared with the range');
    return low('the source itself has not determined whether it is affected');
  }
  if (rule === 'cpe-range') {
    return low("the names and bounds are those of NVD's filing, which knows nothing of this build");
  }
  if (kernelPartOf(subject) === 'tools') {
    return low(
      "the flaw is filed for the kernel's whole source, of which this package holds only programs or texts beside it",
    );
  }
  if (verdict === 'under-investigation') return medium('the vendor is still looking into it');
  if (vendor) return high('who builds the package says so of this package and release');
  const [other] = disagreeing;
  if (other !== undefined) return medium(`sources differ: ${other.feed} says ${wordsOf(other.says)}`);
  if (subject.type === 'generic') return medium('the version is what the program says of itself');
  // https://go.dev/doc/security/vuln: the linker leaves out what nothing calls, and govulncheck alone looks at symbols.
  if (subject.type === 'golang') {
    return medium('the module is built in at this version; whether the flawed functions are was not checked');
  }
  return high('advisories of its ecosystem name this package and version');
}

/** At most medium: an inventory that came with the image may tell of what is not there. */
export function statedOnly(confidence: Confidence): Confidence {
  if (confidence.level === 'low') return confidence;
  return medium('only an SBOM that lies in the image states the package');
}

function wordsOf(verdict: VerdictKind): string {
  return verdict.replaceAll('-', ' ');
}

const high = (reason: string): Confidence => ({ level: 'high', reason });
const medium = (reason: string): Confidence => ({ level: 'medium', reason });
const low = (reason: string): Confidence => ({ level: 'low', reason });
