export type Band = 'none' | '1' | '2' | '3' | '4';

/** Colour band of a risk, without severity words: 0, 1–249, 250–499, 500–749, 750 and more; unknown has none. */
export function riskBand(risk: number | null): Band {
  if (risk === null || risk <= 0) return 'none';
  if (risk < 250) return '1';
  if (risk < 500) return '2';
  if (risk < 750) return '3';
  return '4';
}

export type SeverityWord = 'critical' | 'severe' | 'high' | 'moderate' | 'medium' | 'low' | 'negligible' | 'unknown';

/** Words of both scales share the ramp; each word also has a shape of its own. */
export function severityBand(word: SeverityWord): Band {
  switch (word) {
    case 'critical':
      return '4';
    case 'severe':
    case 'high':
      return '3';
    case 'moderate':
    case 'medium':
      return '2';
    case 'low':
      return '1';
    case 'negligible':
    case 'unknown':
      return 'none';
  }
}
