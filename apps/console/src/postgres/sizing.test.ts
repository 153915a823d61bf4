import { expect, test } from 'vitest';
import { sizePostgres, usableMemory } from './sizing.ts';

const GiB = 1024 ** 3;

test('a small machine keeps what it had: 128 MB shared and half a gigabyte of log', () => {
  expect(sizePostgres({ memory: 1 * GiB, diskFree: 5 * GiB })).toEqual({
    shared_buffers: '128MB',
    max_wal_size: '512MB',
    wal_buffers: '16MB',
  });
});

test('a larger one gives more, up to a ceiling', () => {
  expect(sizePostgres({ memory: 8 * GiB, diskFree: 40 * GiB })).toMatchObject({
    shared_buffers: '512MB',
    max_wal_size: '2048MB',
  });
  expect(sizePostgres({ memory: 512 * GiB, diskFree: 9_000 * GiB })).toMatchObject({
    shared_buffers: '1024MB',
    max_wal_size: '4096MB',
  });
});

test('the memory of this machine is a number of bytes that a machine has', () => {
  expect(usableMemory()).toBeGreaterThan(GiB / 4);
  expect(usableMemory()).toBeLessThan(1024 * 1024 * GiB);
});
