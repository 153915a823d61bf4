import { defineConfig } from 'vitest/config';

// Three kinds of test, told apart by name: `*.test.ts` needs nothing but Node; `*.real.test.ts` needs a real
// component (the reading process, a server, an engine, the feed mirror, the image corpus); `*.e2e.test.ts` starts real processes.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'testkit/src/**/*.test.ts',
            'tools/**/*.test.ts',
          ],
          exclude: ['**/*.real.test.ts', '**/*.e2e.test.ts', '**/node_modules/**'],
          // One set of modules per thread instead of one per file: 20 s of CPU instead of 46 (measured). No module here has
          // state that a test could leave behind.
          isolate: false,
          pool: 'threads',
          sequence: { groupOrder: 0 },
          // The longest takes four seconds of a core; a machine at a load of 20 takes a minute for it.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: [
            'packages/*/src/**/*.real.test.ts',
            'apps/*/src/**/*.real.test.ts',
            'testkit/src/**/*.real.test.ts',
            'tools/**/*.real.test.ts',
          ],
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
