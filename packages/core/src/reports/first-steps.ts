import type { Update } from '../advice/advice.ts';
import type { Report } from '../assessment.ts';

/** One update that ends findings. */
export type FirstStep = Update;

/** Updates, the one that removes the highest risk first; then the one that ends more. */
export function firstSteps({ advice }: Pick<Report, 'advice'>): readonly FirstStep[] {
  return advice?.updates ?? [];
}
