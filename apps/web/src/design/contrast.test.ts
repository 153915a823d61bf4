import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map((match) => [
    match[1] ?? '',
    [match[2] ?? '', match[3] ?? ''] as const,
  ]),
);

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const inks = ['text', 'text-2', 'text-3', 'accent', 'ok', 'band-none', 'band-1', 'band-2', 'band-3', 'band-4'];
const grounds = ['bg', 'surface', 'hover', 'accent-soft', 'sunken'];

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('%s', (_, theme) => {
  it.each(inks.flatMap((ink) => grounds.map((ground) => [ink, ground] as const)))(
    '%s on %s is at least 4.5:1',
    (ink, ground) => {
      expect(contrast(tokens.get(ink)?.[theme] ?? '', tokens.get(ground)?.[theme] ?? '')).toBeGreaterThanOrEqual(4.5);
    },
  );
  it.each(['band-none', 'band-1', 'band-2', 'band-3', 'band-4', 'ok'])(
    '%s on its own soft ground is at least 4.5:1',
    (ink) => {
      expect(contrast(tokens.get(ink)?.[theme] ?? '', tokens.get(`${ink}-soft`)?.[theme] ?? '')).toBeGreaterThanOrEqual(
        4.5,
      );
    },
  );
  it('text on the accent is at least 4.5:1', () =>
    expect(
      contrast(tokens.get('on-accent')?.[theme] ?? '', tokens.get('accent')?.[theme] ?? ''),
    ).toBeGreaterThanOrEqual(4.5));
});
