import type { Summary } from '../assessment.ts';
import type { Finding } from '../finding.ts';

/** Counts of findings: one vulnerability in two packages counts twice, as it is two things to mend. */
export function summarize(findings: readonly Finding[], ignored: number): Summary {
  const count = (test: (finding: Finding) => boolean): number => findings.filter(test).length;
  return {
    critical: count((finding) => finding.rating === 'critical'),
    severe: count((finding) => finding.rating === 'severe'),
    moderate: count((finding) => finding.rating === 'moderate'),
    total: findings.length,
    fixable: count((finding) => finding.status === 'fixed-available'),
    exploitable: count((finding) => finding.kev || finding.exploit !== 'none'),
    ignored,
    severity: {
      critical: count((finding) => finding.severity === 'critical'),
      high: count((finding) => finding.severity === 'high'),
      medium: count((finding) => finding.severity === 'medium'),
      low: count((finding) => finding.severity === 'low'),
      negligible: count((finding) => finding.severity === 'negligible'),
      unknown: count((finding) => finding.severity === 'unknown'),
    },
  };
}
