import type { Severity } from '../../finding.ts';

export type Paint = Severity | 'head' | 'alarm' | 'faint' | 'strong';

export type Painter = (paint: Paint, text: string) => string;

/** Codes of ECMA-48 (SGR) that every terminal has; colours are the terminal's own, so that they fit dark and light. */
const CODES: { readonly [key in Paint]: string } = {
  critical: '1;31',
  high: '31',
  medium: '33',
  low: '36',
  negligible: '2',
  unknown: '2',
  head: '1',
  alarm: '1;31',
  faint: '2',
  strong: '1',
};

export function painterOf(color: boolean): Painter {
  return color ? (paint, text) => `\u001b[${CODES[paint]}m${text}\u001b[0m` : (_paint, text) => text;
}
