import { expect, it } from 'vitest';
import { parsePin, parseServer } from './server-address.ts';

it.each(['http://console.example', 'ftp://x', 'console.example', 'https://user:pass@console.example', ''])(
  'refuses the console address %j',
  (text) => {
    expect(() => parseServer(text)).toThrow();
  },
);

it('takes plain HTTP only on this machine', () => {
  expect(parseServer('http://127.0.0.1:8480/').origin).toBe('http://127.0.0.1:8480');
  expect(parseServer('http://localhost:8480').origin).toBe('http://localhost:8480');
  expect(parseServer('http://[::1]:8480').origin).toBe('http://[::1]:8480');
  expect(() => parseServer('http://127.0.0.1.evil.example')).toThrow();
});

it('reads fingerprints as people copy them', () => {
  const hex = 'ab'.repeat(32);
  const colons = hex.toUpperCase().match(/../g)?.join(':') ?? '';
  for (const text of [hex, colons, `sha256:${hex}`, ` SHA-256:${colons} `]) expect(parsePin(text)).toBe(hex);
  for (const text of ['', 'ab', 'x'.repeat(64)]) expect(() => parsePin(text)).toThrow();
});
