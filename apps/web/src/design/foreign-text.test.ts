import { describe, expect, it } from 'vitest';
import { foreignPieces, middleCut, safeLink, shortDigest, visible } from './foreign-text.ts';

describe('visible', () => {
  it.each([
    ['1.0\u202egpj.exe', '1.0<U+202E>gpj.exe'],
    ['a\u0000b\u001b[31m', 'a<U+0000>b<U+001B>[31m'],
    ['zero\u200bwidth\ufeff', 'zero<U+200B>width<U+FEFF>'],
    ['tag\u{e0041}', 'tag<U+E0041>'],
    ['half \ud83d surrogate', 'half <U+D83D> surrogate'],
    ['filler\u3164 and \uffa0', 'filler<U+3164> and <U+FFA0>'],
    ['line\u2028end\n', 'line<U+2028>end<U+000A>'],
  ])('shows what hides in %j', (text, shown) => expect(visible(text)).toBe(shown));

  it('leaves every ordinary script as it is', () => {
    const text = 'café 東京 Москва عربى עברית 🚢 naïve';
    expect(visible(text)).toBe(text);
    expect(foreignPieces(text)).toEqual([{ kind: 'text', text }]);
  });

  it('keeps the order of pieces and loses nothing', () => {
    expect(foreignPieces('\u202ea\u202cb')).toEqual([
      { kind: 'hidden', code: 'U+202E' },
      { kind: 'text', text: 'a' },
      { kind: 'hidden', code: 'U+202C' },
      { kind: 'text', text: 'b' },
    ]);
  });
});

describe('middleCut', () => {
  it('keeps short text whole', () => expect(middleCut('library/nginx')).toEqual({ head: 'library/nginx', tail: '' }));
  it('keeps the last segment of a path', () =>
    expect(middleCut('registry.corp.example/platform/payments/checkout')).toEqual({
      head: 'registry.corp.example/platform/payments',
      tail: '/checkout',
    }));
  it('never cuts through a character outside the basic plane', () => {
    const { head, tail } = middleCut('🚢'.repeat(40));
    expect(head + tail).toBe('🚢'.repeat(40));
    expect(Array.from(tail)).toHaveLength(16);
  });
});

it('shortens digests and nothing else', () => {
  expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('sha256:abababababab…');
  expect(shortDigest('latest')).toBe('latest');
});

it.each([
  ['https://nvd.nist.gov/vuln/detail/CVE-2023-4911', 'https://nvd.nist.gov/vuln/detail/CVE-2023-4911'],
  ['http://example.com', 'http://example.com/'],
  ['javascript:alert(1)', undefined],
  ['data:text/html,<script>', undefined],
  ['https://debian.org@evil.example/', undefined],
  ['//evil.example', undefined],
  ['not a link', undefined],
])('follows %s: %s', (address, expected) => expect(safeLink(address)).toBe(expected));
