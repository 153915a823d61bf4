import { parseDigest } from '@hullcheck/core';
import { afterEach, describe, expect, it } from 'vitest';
import { fallbackTag } from './referrers.ts';
import { clientOf, closeFakes, type FakeAnswer, startFake } from './vendors/fake.testing.ts';

afterEach(closeFakes);

const digestOf = (byte: string) => {
  const digest = parseDigest(`sha256:${byte.repeat(32)}`);
  if (digest === undefined) throw new Error('a digest');
  return digest;
};
const subject = digestOf('aa');
const path = `/v2/team/app/referrers/${subject}`;
const entry = (byte: string, artifactType?: string) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(byte),
  size: 10,
  ...(artifactType === undefined ? {} : { artifactType }),
});
const index = (manifests: readonly unknown[], headers: Record<string, string> = {}): FakeAnswer => ({
  headers: { 'content-type': 'application/vnd.oci.image.index.v1+json', ...headers },
  json: { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests },
});

async function list(answer: (path: string, page: string | null) => FakeAnswer | undefined) {
  const asked: string[] = [];
  const server = await startFake(({ url }) => {
    asked.push(url.pathname);
    return url.pathname === '/v2/' ? { json: {} } : answer(url.pathname, url.searchParams.get('page'));
  });
  const client = clientOf(server, 'generic');
  return { found: await client.listReferrers('team/app', subject, AbortSignal.timeout(10_000)), asked };
}

describe('what refers to a manifest', () => {
  it('is listed over all pages, with what it holds', async () => {
    const { found } = await list((asked, page) => {
      if (asked !== path) return undefined;
      if (page === '2') return index([entry('cc')]);
      return index([entry('bb', 'application/spdx+json')], { link: `<${path}?page=2>; rel="next"` });
    });
    expect(found.map(({ digest, artifactType }) => [digest, artifactType])).toEqual([
      [digestOf('bb'), 'application/spdx+json'],
      [digestOf('cc'), null],
    ]);
  });

  it('keeps its first page where the next one is gone, and asks for no tag then', async () => {
    const { found, asked } = await list((at, page) => {
      if (at !== path || page === '2') return undefined;
      return index([entry('bb')], { link: `<${path}?page=2>; rel="next"` });
    });
    expect(found.map(({ digest }) => digest)).toEqual([digestOf('bb')]);
    expect(asked.filter((at) => at.includes('/manifests/'))).toEqual([]);
  });

  it.each([404, 400, 405])('is found by its tag where the registry answers %i to the list', async (status) => {
    const tag = `/v2/team/app/manifests/sha256-${'aa'.repeat(32)}`;
    const { found, asked } = await list((at) =>
      at === path ? { status, text: 'page not found' } : at === tag ? index([entry('bb')]) : undefined,
    );
    expect(found.map(({ digest }) => digest)).toEqual([digestOf('bb')]);
    expect(asked).toContain(tag);
  });

  it('is nothing where a web page answers and no tag is there', async () => {
    const { found } = await list((at) => (at === path ? { text: '<html>sign in</html>' } : undefined));
    expect(found).toEqual([]);
  });

  it('is a fault where the registry refuses, which is another thing than nothing', async () => {
    await expect(list((at) => (at === path ? { status: 403 } : undefined))).rejects.toMatchObject({
      code: 'authorization-failed',
    });
  });

  it('has entries that are no digests left out', async () => {
    const { found } = await list((at) =>
      at === path ? index([{ ...entry('bb'), digest: '../../secret' }, entry('cc')]) : undefined,
    );
    expect(found.map(({ digest }) => digest)).toEqual([digestOf('cc')]);
  });
});

it('the tag of a digest is cut to what a tag may hold', () => {
  const digest = parseDigest(`sha512:${'ab'.repeat(64)}`);
  if (digest === undefined) throw new Error('a digest');
  expect(fallbackTag(digest)).toBe(`sha512-${'ab'.repeat(32)}`);
});
