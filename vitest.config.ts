import { defineConfig } from 'vitest/config';

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
          exclude: ['test/arch/**', 'test/e2e/**', 'test/slow/**'],
          pool: 'threads',
        },
      },
      {
        test: { name: 'arch', include: ['test/arch/**/*.test.ts'], pool: 'threads' },
      },
      {
        test: {
          name: 'e2e',
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
