import { Fault, type FaultCode } from '@hullcheck/core';
import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { RegistryFault } from './fault.ts';
import { chooseNewestTags, newestTags } from './newest-tags.ts';
import type { TagDate } from './vendors/vendor.ts';

it('takes latest first, then versions from the highest, then the rest', () => {
  expect(newestTags(['1.9', 'main', '1.10', 'latest', 'v2.0.1', '1.10.1'], 10)).toEqual([
    'latest',
    'v2.0.1',
    '1.10.1',
    '1.10',
    '1.9',
    'main',
  ]);
  expect(newestTags(['1.9', '1.10', 'latest'], 2)).toEqual(['latest', '1.10']);
});

it('leaves out what only looks like a tag: signatures and attestations', () => {
  const digest = 'a'.repeat(64);
  expect(newestTags([`sha256-${digest}.sig`, `sha256-${digest}.att`, `sha256-${digest}`, 'one'], 10)).toEqual(['one']);
});

describe('by the dates of the vendor', () => {
  const signal = AbortSignal.timeout(5_000);
  const tags = ['1.9', '1.10', '2.0', 'main', `sha256-${'a'.repeat(64)}.sig`];
  const dated = (...dates: readonly (readonly [name: string, pushedAtMs: number, isOrdered?: boolean])[]) => {
    const read: string[] = [];
    async function* list(): AsyncGenerator<TagDate> {
      for (const [name, pushedAtMs, isOrdered = false] of dates) {
        read.push(name);
        yield { name, pushedAtMs, isOrdered };
      }
    }
    return { read, client: { listTagDates: list } };
  };

  it('takes what was pushed last, and by name what was pushed at once', async () => {
    const { client } = dated(['1.9', 30], ['2.0', 10], ['main', 20], ['1.10', 30]);
    expect(await chooseNewestTags(client, 'app', tags, 3, [], signal)).toEqual({
      tags: ['1.10', '1.9', 'main'],
      by: 'pushed',
      reason: null,
    });
  });

  it('takes a tag without a date after all that have one', async () => {
    const { client } = dated(['main', 1], ['1.9', 2], ['gone', 3]);
    expect((await chooseNewestTags(client, 'app', tags, 3, [], signal)).tags).toEqual(['1.9', 'main', '2.0']);
  });

  it('stops where an ordered list can bring nothing newer, also within what was pushed at once', async () => {
    const { client, read } = dated(
      ['main', 30, true],
      ['1.9', 20, true],
      ['1.10', 20, true],
      ['2.0', 10, true],
      ['x', 9],
    );
    expect((await chooseNewestTags(client, 'app', tags, 2, [], signal)).tags).toEqual(['main', '1.9']);
    expect(read).toEqual(['main', '1.9', '1.10']);
  });

  it.each([
    ['of one date', () => 1],
    ['of which each is newer than the one before, which is no order', (index: number) => index],
  ])('takes a time that grows with an ordered list, 100,000 %s', async (_, dateOf) => {
    const growth = await growthOf(async (length) => {
      const many = Array.from({ length }, (__, index) => `b${index}`);
      const { client } = dated(...many.map((name, index) => [name, dateOf(index), true] as const));
      expect((await chooseNewestTags(client, 'app', many, 1_000, [], signal)).tags).toHaveLength(1_000);
    }, 100_000);
    expect(growth).toBeLessThan(LINEAR_GROWTH);
  });

  it('asks for no dates where all are wanted anyway', async () => {
    const { client, read } = dated(['main', 1]);
    expect(await chooseNewestTags(client, 'app', tags, 4, [], signal)).toMatchObject({ by: 'all' });
    expect(read).toEqual([]);
    expect(await chooseNewestTags({ listTagDates: () => null }, 'app', tags, 3, [], signal)).toMatchObject({
      tags: ['2.0', '1.10', '1.9'],
      by: 'name',
      reason: null,
    });
  });

  const failing = (fault: Fault) => ({
    listTagDates: (): AsyncIterable<TagDate> => {
      throw fault;
    },
  });

  it.each(['authorization-failed', 'not-found', 'unsupported', 'limit-exceeded'] satisfies FaultCode[])(
    'chooses by name where the API says %s, and says so',
    async (code) => {
      const client = failing(new RegistryFault(code, 'FORBIDDEN', 'it is not said'));
      expect(await chooseNewestTags(client, 'app', tags, 2, ['main'], signal)).toEqual({
        tags: ['2.0', '1.10'],
        by: 'name',
        reason: 'it is not said',
      });
    },
  );

  it('keeps the choice of last time while the API is out of reach', async () => {
    const client = failing(new Fault('unreachable', 'the registry could not be reached'));
    const chosen = await chooseNewestTags(client, 'app', tags, 2, ['main', 'deleted'], signal);
    expect(chosen).toMatchObject({ tags: ['main', '2.0'], by: 'name' });
  });

  it('is limited where the API limits requests', async () => {
    const client = failing(new RegistryFault('rate-limited', 'RATE_LIMITED', 'slower'));
    await expect(chooseNewestTags(client, 'app', tags, 2, ['main'], signal)).rejects.toMatchObject({
      code: 'rate-limited',
    });
  });
});
