import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { openSocketHalf } from './half.ts';

it('says at once that the named engine has no address, and leaves nothing behind', async () => {
  const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('hullcheck-agent-'));
  const before = await folders();
  const open = openSocketHalf({
    environment: { DOCKER_HOST: 'unix://docker.sock' },
    uid: 12_345,
    peer: null,
    labels: [],
  });
  await expect(open).rejects.toMatchObject({ code: 'invalid-input', place: 'unix://docker.sock' });
  expect((await folders()).filter((name) => !before.includes(name))).toEqual([]);
});
