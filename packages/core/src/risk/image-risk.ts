import { OPEN_RISK_1, type RiskModel } from './model.ts';

/**
 * Risk of an image, package or layer from the risks of its findings (each vulnerability once, see {@link worstPerVulnerability}):
 * the worst one, plus a bounded addition for volume. Also of a host, from the risks of its running images.
 * Null stands for unknown: unknown members don't lower the result, and of nothing but unknown ones nothing can be said.
 */
export function imageRisk(risks: readonly number[], model?: RiskModel): number;
export function imageRisk(risks: readonly (number | null)[], model?: RiskModel): number | null;
export function imageRisk(risks: readonly (number | null)[], model: RiskModel = OPEN_RISK_1): number | null {
  const known = risks.filter((risk) => risk !== null).sort((a, b) => b - a);
  const [worst] = known;
  if (worst === undefined) return risks.length === 0 ? 0 : null;
  return riskOfSums(
    worst,
    known.reduce((sum, risk) => sum + risk ** 2, 0),
    model,
  );
}

/** The same from the worst risk and the sum of all squares: both can be kept in step without the list. Whole numbers make it exact. */
export function riskOfSums(worst: number, squares: number, model: RiskModel = OPEN_RISK_1): number {
  const volume = (squares - worst ** 2) / 1_000_000;
  const saturation = 1 - Math.exp(-volume / model.volumeScale);
  return Math.round(worst + Math.min(model.volumeMax, 1000 - worst) * saturation);
}

/** The plain sum, without a ceiling: for burn-down charts and rules that InsightVM users bring along. */
export function totalRisk(risks: readonly number[]): number {
  return risks.reduce((sum, risk) => sum + risk, 0);
}

/** One risk per vulnerability, the worst over the packages that have it, in the order of first mention. */
export function worstPerVulnerability(findings: Iterable<{ readonly id: string; readonly risk: number }>): number[] {
  const worst = new Map<string, number>();
  for (const { id, risk } of findings) worst.set(id, Math.max(risk, worst.get(id) ?? 0));
  return [...worst.values()];
}

/** How much an image matters where it runs: 0.5, 0.75, 1, 1.5 or 2. */
export type Criticality = 0.5 | 0.75 | 1 | 1.5 | 2;

/** The risk of an image in its context: bounded, monotone in both arguments, unchanged for criticality 1. */
export function riskInContext(risk: number, criticality: Criticality): number {
  return Math.round(1000 * (1 - (1 - risk / 1000) ** criticality));
}

/** Lower bounds of the colour bands. Without severity words: a 9.8 without threat evidence has risk 313 and stays rated critical. */
export const RISK_BANDS: readonly number[] = [0, 1, 250, 500, 750];
