/** `12 %`. What rounds to nothing or to all is neither: `less than 1 %`, `99 %`. */
export function shareWords(part: number, whole: number): string {
  const percent = whole <= 0 ? 0 : (part / whole) * 100;
  if (percent <= 0) return '0 %';
  if (percent < 1) return 'less than 1 %';
  return percent >= 100 ? '100 %' : `${Math.min(99, Math.round(percent))} %`;
}
