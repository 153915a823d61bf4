import { describe, expect, it } from 'vitest';
import { isExpectedHost, isForeignOrigin, isOwnOrigin } from './origin.ts';

describe('a request that a cookie opens', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-site', host: 'a', origin: 'http://a' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ host: '127.0.0.1:8480', origin: 'http://127.0.0.1:8480' }, true],
    [{ host: '127.0.0.1:8480', origin: 'http://127.0.0.1:8481' }, false],
    [{ host: '127.0.0.1:8480', origin: 'null' }, false],
    [{ host: '127.0.0.1:8480' }, false],
  ])('%o', (headers, own) => {
    expect(isOwnOrigin(headers)).toBe(own);
  });

  it('lets programs that say nothing sign in, but no foreign page', () => {
    expect(isForeignOrigin({ host: 'a' })).toBe(false);
    expect(isForeignOrigin({ host: 'a', origin: 'http://evil.example' })).toBe(true);
    expect(isForeignOrigin({ host: 'a', 'sec-fetch-site': 'cross-site' })).toBe(true);
  });
});

it('answers on loopback only to its own names (DNS rebinding)', () => {
  for (const host of ['127.0.0.1:8480', 'localhost', 'LOCALHOST:1', '[::1]:8480', 'app.localhost:8480', '127.1.2.3']) {
    expect(isExpectedHost(host, undefined), host).toBe(true);
  }
  for (const host of [
    undefined,
    '',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '169.254.169.254',
    '[::2]:8480',
  ]) {
    expect(isExpectedHost(host, undefined), host).toBe(false);
  }
  expect(isExpectedHost('hullcheck.example.com', 'Hullcheck.example.com')).toBe(true);
});
