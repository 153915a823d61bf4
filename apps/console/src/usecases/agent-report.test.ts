import { expect, it } from 'vitest';
import { namesByImage } from './agent-report.ts';

it('an image has the names of all its keys', () => {
  const held = [
    { imageId: 'a', image: { repoTags: ['app:1', 'app:2'], repoDigests: [] } },
    { imageId: 'b', image: { repoTags: [], repoDigests: [`tool@sha256:${'0'.repeat(64)}`] } },
    { imageId: 'a', image: { repoTags: ['<none>:<none>', 'app:3'], repoDigests: [] } },
  ];
  const tags = [...namesByImage(held)].map(([id, names]) => [id, names.map(({ tag }) => tag)]);
  expect(tags).toEqual([
    ['a', ['1', '2', '3']],
    ['b', [null]],
  ]);
});

it('a report that gives one image under very many keys holds nobody up', { timeout: 20_000 }, () => {
  const repoTags = Array.from({ length: 20 }, (_, at) => `app:${at}`);
  const held = Array.from({ length: 20_000 }, () => ({ imageId: 'a', image: { repoTags, repoDigests: [] } }));
  expect(namesByImage(held).get('a')).toHaveLength(400_000);
});
