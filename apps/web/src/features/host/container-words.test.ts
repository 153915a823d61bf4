import { expect, it } from 'vitest';
import { exitWords, isEveryAddress, podWords, portWords } from './container-words.ts';

it.each([
  [{ ip: '0.0.0.0', host: 8080, container: 80, protocol: 'tcp' }, '0.0.0.0:8080 → 80/tcp', true],
  [{ ip: '::', host: 53, container: 5353, protocol: 'udp' }, '[::]:53 → 5353/udp', true],
  [{ ip: '', host: 443, container: 443, protocol: 'tcp' }, '443 → 443/tcp', true],
  [{ ip: '127.0.0.1', host: 5432, container: 5432, protocol: 'tcp' }, '127.0.0.1:5432 → 5432/tcp', false],
])('says where a published port leads: %o', (port, words, every) => {
  expect([portWords(port), isEveryAddress(port.ip)]).toEqual([words, every]);
});

it.each([
  [0, '0'],
  [1, '1'],
  [137, '137 (SIGKILL, as when memory runs out)'],
  [143, '143 (SIGTERM)'],
  [128, '128'],
  [255, '255'],
  [-1, '-1'],
])('says what ended a container by its exit code %d', (code, words) => {
  expect(exitWords(code)).toBe(words);
});

it('names a pod by all that is known of it', () => {
  const pod = { namespace: 'shop', name: 'web-7c9f4', owner: 'Deployment/web', node: 'node-1' };
  expect(podWords(pod)).toBe('shop/web-7c9f4 · Deployment/web on node-1');
  expect(podWords({ ...pod, namespace: null, owner: null, node: null })).toBe('web-7c9f4');
});
