import { defineConfig } from 'vitest/config';

// Many tests start processes, which on a machine that is busy take long: what a test waits for is bounded, not what it takes.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
