import type { Rating, Severity } from '../finding.ts';

/** Most severe first: the order of columns, filters and sorting. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

export const RATINGS: readonly Rating[] = ['critical', 'severe', 'moderate'];

/** The five-step severity of a score from 0 to 10, on the bands of CVSS 3 and 4. CVSS's "None" is `negligible`. */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}

/**
 * The three-step rating that users of InsightVM know: the score as a whole number from 0 to 10, to 3 moderate,
 * to 7 severe, else critical. It has no "none": 0 is moderate. So 7.5 is `critical` here and `high` above; both are shown.
 */
export function ratingOfScore(score: number): Rating {
  const whole = Math.min(10, Math.floor(score + 0.5));
  if (whole <= 3) return 'moderate';
  return whole <= 7 ? 'severe' : 'critical';
}

const LABELS: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['negligible', 'negligible'],
  ['unimportant', 'negligible'],
  ['none', 'negligible'],
]);

/**
 * A source's word for severity, or undefined where the word rates nothing (`not yet assigned`, `end-of-life`).
 * Debian appends stars to a rating that its tracker guessed (`medium**`).
 */
export function severityOfLabel(label: string): Severity | undefined {
  return LABELS.get(label.trim().toLowerCase().replace(/\*+$/, ''));
}
