import { defineConfig } from 'vitest/config';

/** Two busy cores must not turn a right answer into a failure. */
const SLOW_MACHINE_MS = 30_000;

// The core is pure, so its tests share workers; what starts a process or a window runs alone.
export default defineConfig({
  test: {
    maxWorkers: 2,
    passWithNoTests: false,
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/arch/**', 'test/debug/**', 'test/e2e/**', 'test/slow/**'],
          pool: 'threads',
          testTimeout: SLOW_MACHINE_MS,
        },
      },
      {
        test: {
          name: 'arch',
          include: ['test/arch/**/*.test.ts'],
          pool: 'threads',
          testTimeout: SLOW_MACHINE_MS,
        },
      },
      {
        // The inspector reaches threads from a process's main thread only.
        test: {
          name: 'debug',
          include: ['test/debug/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          // A noisy machine stretches what a person would wait for; what is broken fails twice.
          retry: 1,
          include: ['test/e2e/**/*.e2e.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
