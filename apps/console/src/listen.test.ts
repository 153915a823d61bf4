import { expect, it } from 'vitest';
import { hostsOf, parseListen, urlOf } from './listen.ts';

it.each([
  ['127.0.0.1:8480', '127.0.0.1', 8480, true],
  ['localhost:0', 'localhost', 0, true],
  ['[::1]:8480', '::1', 8480, true],
  ['0.0.0.0:443', '0.0.0.0', 443, false],
  ['[::]:443', '::', 443, false],
  ['console.example.com:8480', 'console.example.com', 8480, false],
])('reads %s', (text, host, port, isLoopback) => {
  expect(parseListen(text)).toEqual({ host, port, isLoopback });
});

it.each(['', '8480', '127.0.0.1', '::1:8480', 'a:70000', 'http://a:1', '[zz]:1'])('refuses %j', (text) => {
  expect(() => parseListen(text)).toThrow(/host:port/);
});

it('names every host that a certificate has to hold, and an address that people can use', () => {
  const everywhere = parseListen('0.0.0.0:8480');
  expect(hostsOf(everywhere, 'https://hull.example.com', 'machine')).toEqual(
    expect.arrayContaining(['localhost', '127.0.0.1', 'machine', 'hull.example.com']),
  );
  expect(urlOf(everywhere, 8480, true)).toBe('https://127.0.0.1:8480');
  expect(urlOf(parseListen('[::1]:1'), 9, false)).toBe('http://[::1]:9');
});
