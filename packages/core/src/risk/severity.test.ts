import { describe, expect, it } from 'vitest';
import type { Rating, Severity } from '../finding.ts';
import { OPEN_RISK_1 } from './model.ts';
import { ratingOfScore, SEVERITIES, severityOfLabel, severityOfScore } from './severity.ts';

describe('severity and rating of a score', () => {
  it.each<[number, Severity, Rating]>([
    [0, 'negligible', 'moderate'],
    [0.1, 'low', 'moderate'],
    [3.4, 'low', 'moderate'],
    [3.5, 'low', 'severe'],
    [3.9, 'low', 'severe'],
    [4, 'medium', 'severe'],
    [6.9, 'medium', 'severe'],
    [7, 'high', 'severe'],
    [7.4, 'high', 'severe'],
    [7.5, 'high', 'critical'],
    [8.9, 'high', 'critical'],
    [9, 'critical', 'critical'],
    [10, 'critical', 'critical'],
  ])('%f is %s and %s', (score, severity, rating) => {
    expect(severityOfScore(score)).toBe(severity);
    expect(ratingOfScore(score)).toBe(rating);
  });

  it.each<[string, Severity | undefined]>([
    ['important', 'high'],
    ['Moderate', 'medium'],
    ['unimportant', 'negligible'],
    ['medium**', 'medium'],
    ['not yet assigned', undefined],
    ['end-of-life', undefined],
    ['constructor', undefined],
  ])('the word "%s"', (word, severity) => {
    expect(severityOfLabel(word)).toBe(severity);
  });

  it('stands in for each label with a score of that severity', () => {
    for (const severity of SEVERITIES) {
      const back = severityOfScore(OPEN_RISK_1.labelScores[severity]);
      if (severity === 'unknown') expect(back).toBe('medium');
      else if (severity === 'negligible') expect(back).toBe('low');
      else expect(back).toBe(severity);
    }
  });
});
