import type { ReactNode } from 'react';
import { formatCount } from './format.ts';
import { Hint } from './hint.tsx';
import { riskBand, type SeverityWord, severityBand } from './risk-band.ts';

interface RiskProps {
  readonly risk: number | null;
  /** The sentence that explains it, or why it is not known. */
  readonly explanation?: string | null | undefined;
  readonly atLeast?: boolean;
}

/** The number with its bar. Unknown is a dash in a neutral colour, never zero. */
export function Risk({ risk, explanation, atLeast = false }: RiskProps) {
  const figure = (
    <span className={`risk band-${riskBand(risk)}`}>
      <span className="risk-bar" aria-hidden="true">
        {risk !== null && risk > 0 && <span style={{ height: `${Math.max(8, risk / 10)}%` }} />}
      </span>
      <span className="risk-figure">
        {risk === null ? <span aria-hidden="true">–</span> : formatCount(risk, atLeast)}
        {risk === null && <span className="visually-hidden">risk not known</span>}
      </span>
    </span>
  );
  if (explanation === undefined || explanation === null) return figure;
  return (
    <Hint text={atLeast ? `At least: ${explanation}` : explanation} side="right">
      <button type="button" className="button-link above tooltip-anchor">
        {figure}
      </button>
    </Hint>
  );
}

/** The risk as the head of a page. */
export function RiskBlock({ risk, atLeast = false }: { readonly risk: number | null; readonly atLeast?: boolean }) {
  return (
    <div className={`risk-block band-${riskBand(risk)}`}>
      <b>{risk === null ? '–' : risk}</b>
      <span>{risk === null ? 'not known' : atLeast ? 'risk, at least' : 'risk of 1000'}</span>
    </div>
  );
}

/** Each word its own shape, so that nothing depends on hue: octagon, triangle, diamond, disc, ring, dashed ring. */
const shapes: { readonly [word in SeverityWord]: ReactNode } = {
  critical: <path d="M4.2 1h5.6L13 4.2v5.6L9.8 13H4.2L1 9.8V4.2z" fill="currentColor" />,
  severe: <path d="M7 1.5 13.2 12.5H.8z" fill="currentColor" />,
  high: <path d="M7 1.5 13.2 12.5H.8z" fill="currentColor" />,
  moderate: <path d="M7 1.2 12.8 7 7 12.8 1.2 7z" fill="currentColor" />,
  medium: <path d="M7 1.2 12.8 7 7 12.8 1.2 7z" fill="currentColor" />,
  low: <circle cx="7" cy="7" r="4.2" fill="currentColor" />,
  negligible: <circle cx="7" cy="7" r="4" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  unknown: (
    <circle cx="7" cy="7" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="2.2 2.4" />
  ),
};

export function SeverityMark({
  word,
  label = true,
  size = 12,
}: {
  readonly word: SeverityWord;
  readonly label?: boolean;
  readonly size?: number;
}) {
  return (
    <span className={`severity band-${severityBand(word)}`}>
      <svg aria-hidden="true" width={size} height={size} viewBox="0 0 14 14">
        {shapes[word]}
      </svg>
      {label ? word.charAt(0).toUpperCase() + word.slice(1) : <span className="visually-hidden">{word}</span>}
    </span>
  );
}

/** A count in a table: zero recedes, unknown is a dash. */
export function Count({ value, atLeast = false }: { readonly value: number | null; readonly atLeast?: boolean }) {
  return (
    <span className={value === null || value === 0 ? 'count-zero' : undefined}>{formatCount(value, atLeast)}</span>
  );
}
