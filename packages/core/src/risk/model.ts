import type { ExploitState } from '../advisory.ts';
import type { Severity } from '../finding.ts';

/** Every number of the risk model "Open Risk v1". Changing one of them needs another `id`: kept risks name the model that made them. */
export interface RiskModel {
  readonly id: string;
  /** Impact is (score / 10) to this power. */
  readonly impactExponent: number;
  /** Likelihood is `base + growth * sqrt(threat)`. The base keeps a severe flaw without an exploit from vanishing. */
  readonly likelihoodBase: number;
  readonly likelihoodGrowth: number;
  /** Threat where EPSS has no figure: a flaw published today must not rank below the long tail. */
  readonly epssMissing: number;
  /** Least threat that each kind of evidence gives, so that a change of the EPSS model can't hide known exploitation. */
  readonly floors: { readonly [key in ExploitState | 'kev' | 'kevRansomware']: number };
  /** Score that stands in where only a label is known; `unknown` where nothing is. */
  readonly labelScores: { readonly [key in Severity]: number };
  /** What all findings but the worst can add to an image at most. */
  readonly volumeMax: number;
  /** Sum of squares (risk / 1000) at which the volume has reached 1 - 1/e of its most. */
  readonly volumeScale: number;
}

export const OPEN_RISK_1: RiskModel = {
  id: 'open-1',
  impactExponent: 1.5,
  likelihoodBase: 0.3,
  likelihoodGrowth: 0.7,
  epssMissing: 0.01,
  floors: { none: 0, poc: 0.1, weaponized: 0.3, attacked: 0.8, kev: 0.8, kevRansomware: 0.95 },
  labelScores: { critical: 9.5, high: 8, medium: 5.5, low: 2.5, negligible: 0.5, unknown: 5 },
  volumeMax: 150,
  volumeScale: 4,
};
