import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test asserts a time; this only ends one that hangs. A busy machine runs the property tests for a while.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
