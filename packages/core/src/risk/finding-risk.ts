import type { ExploitState } from '../advisory.ts';
import { OPEN_RISK_1, type RiskModel } from './model.ts';

/** What the risk of one finding is made of. */
export interface RiskInputs {
  /** 0 to 10. */
  readonly score: number;
  /** What the score is, as it stands in the sentence: `CVSS`, `"low" by Debian`. Printable text. */
  readonly scoreName: string;
  /** Probability of exploitation within 30 days, 0 to 1, or null where EPSS has none. */
  readonly epss: number | null;
  /** NIST CSWP 41 (likely exploited vulnerabilities), 0 to 1, or null where it is not computed. */
  readonly lev: number | null;
  readonly kev: { readonly ransomware: boolean } | null;
  readonly exploit: ExploitState;
}

/** Every step of the formula, so that it can be shown and checked. */
export interface RiskParts {
  readonly model: string;
  readonly score: number;
  readonly impact: number;
  readonly floor: number;
  readonly threat: number;
  readonly threatReason: ThreatReason;
  readonly likelihood: number;
}

export type ThreatReason =
  | 'kev-ransomware'
  | 'kev'
  | 'attacked'
  | 'weaponized'
  | 'poc'
  | 'lev'
  | 'epss'
  | 'epss-missing';

export interface FindingRisk {
  /** Whole number from 0 to 1000. */
  readonly risk: number;
  /** One plain sentence, without a full stop. */
  readonly explanation: string;
  readonly parts: RiskParts;
}

/**
 * Risk of one finding: impact times likelihood. It rises (or stays) when any input rises. Age is left out on purpose: it
 * predicts little, and scores would drift every day without a cause that anybody could name.
 */
export function findingRisk(inputs: RiskInputs, model: RiskModel = OPEN_RISK_1): FindingRisk {
  const score = clamp(inputs.score, 0, 10);
  const impact = (score / 10) ** model.impactExponent;
  const signals = threatSignals(inputs, model);
  const strongest = signals.reduce((best, signal) => (signal.threat > best.threat ? signal : best));
  const likelihood = model.likelihoodBase + model.likelihoodGrowth * Math.sqrt(strongest.threat);
  const risk = Math.round(1000 * impact * likelihood);
  const words = wordsOf(strongest.reason, strongest.threat);
  return {
    risk,
    explanation: `${score.toFixed(1)} ${inputs.scoreName} (impact ${impact.toFixed(2)}) × likelihood ${likelihood.toFixed(2)} because ${words}`,
    parts: {
      model: model.id,
      score,
      impact,
      floor: Math.max(
        ...signals.filter((signal) => !PROBABILITIES.has(signal.reason)).map((signal) => signal.threat),
        0,
      ),
      threat: strongest.threat,
      threatReason: strongest.reason,
      likelihood,
    },
  };
}

interface Signal {
  readonly reason: ThreatReason;
  readonly threat: number;
}

const PROBABILITIES: ReadonlySet<ThreatReason> = new Set(['lev', 'epss', 'epss-missing']);

/** Evidence stands before probabilities: of two equally strong signals the sentence names what has happened. */
function threatSignals(inputs: RiskInputs, model: RiskModel): readonly Signal[] {
  const signals: Signal[] = [];
  if (inputs.kev?.ransomware === true) signals.push({ reason: 'kev-ransomware', threat: model.floors.kevRansomware });
  if (inputs.kev !== null) signals.push({ reason: 'kev', threat: model.floors.kev });
  if (inputs.exploit !== 'none') signals.push({ reason: inputs.exploit, threat: model.floors[inputs.exploit] });
  if (inputs.lev !== null) signals.push({ reason: 'lev', threat: clamp(inputs.lev, 0, 1) });
  if (inputs.epss === null) signals.push({ reason: 'epss-missing', threat: model.epssMissing });
  else signals.push({ reason: 'epss', threat: clamp(inputs.epss, 0, 1) });
  return signals;
}

function wordsOf(reason: ThreatReason, threat: number): string {
  switch (reason) {
    case 'kev-ransomware':
      return 'CISA KEV lists it as used by ransomware';
    case 'kev':
      return 'CISA KEV lists it';
    case 'attacked':
      return 'attacks with it are known';
    case 'weaponized':
      return 'a ready-made exploit exists';
    case 'poc':
      return 'a proof of concept is public';
    case 'lev':
      return `LEV gives ${percent(threat)} that it has been exploited`;
    case 'epss':
      return `EPSS gives ${percent(threat)} for exploitation within 30 days`;
    case 'epss-missing':
      return 'nothing is known of its exploitation yet';
  }
}

function percent(probability: number): string {
  const figure = probability * 100;
  if (figure > 0 && figure < 0.1) return 'less than 0.1 %';
  return `${figure < 10 ? figure.toFixed(1) : Math.round(figure)} %`;
}

/** Not a number counts as the lower bound: a broken feed must not make every risk NaN. */
function clamp(value: number, low: number, high: number): number {
  return value > low ? Math.min(value, high) : low;
}
