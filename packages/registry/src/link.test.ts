import { expect, it } from 'vitest';
import { nextPage } from './link.ts';

const page = new URL('https://registry.example/v2/_catalog?n=2');

it.each([
  ['</v2/_catalog?last=ns%2Fr1&n=2>; rel="next"', 'https://registry.example/v2/_catalog?last=ns%2Fr1&n=2'],
  ['</v2/_catalog?last=a&n=2&orderby=>; rel="next"', 'https://registry.example/v2/_catalog?last=a&n=2&orderby='],
  ['<https://registry.example/v2/_catalog?last=a>;rel=next', 'https://registry.example/v2/_catalog?last=a'],
  ['</first>; rel="first", </p,2>; title="a, b"; rel="prev next"', 'https://registry.example/p,2'],
  ['<https://other.example/v2/_catalog>; rel="next"', undefined],
  ['<http://registry.example/v2/_catalog>; rel="next"', undefined],
  ['<https://registry.example:8443/v2/_catalog>; rel="next"', undefined],
  ['</v2/_catalog?last=a>; rel="nextish"', undefined],
  ['</v2/_catalog?last=a>', undefined],
  ['', undefined],
])('%s leads to %s', (header, expected) => {
  expect(nextPage(header, page)?.href).toBe(expected);
});
