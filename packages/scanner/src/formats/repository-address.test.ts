import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { repositoryAddress, toVcsUrl } from './repository-address.ts';

it.each([
  ['https://github.com/a/b.git', 'github.com a/b'],
  ['https://GitHub.com/A/b/', 'github.com A/b'],
  ['https://user:secret@git.example.com:8443/x/y/z', 'git.example.com x/y/z'],
  ['ssh://git@host.org:22/a/b.git', 'host.org a/b'],
  ['git@github.com:a/b.git', 'github.com a/b'],
  ['git+https://h.org/a', 'h.org a'],
  ['/Users/me/x', undefined],
  ['../x', undefined],
  ['file:///x/y', undefined],
  ['https://github.com/', undefined],
  ['C:/x/y', undefined],
  ['', undefined],
])('%s is the repository %s', (text, wanted) => {
  const address = repositoryAddress(text);
  expect(address === undefined ? undefined : `${address.host} ${address.path.join('/')}`).toBe(wanted);
});

it('a token in an address does not reach the purl', () => {
  expect(toVcsUrl('https://oauth2:secret@h.org/a.git', 'abc')).toBe('git+https://h.org/a.git@abc');
});

it.each(['a', '@', ':', '/', '.'])('a long text of nothing but %s takes a time that grows with it', async (unit) => {
  expect(await growthOf((length) => repositoryAddress(`https://${unit.repeat(length)}`), 100_000)).toBeLessThan(
    LINEAR_GROWTH,
  );
});
