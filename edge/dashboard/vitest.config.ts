// Tests of what the pages are made of, by Node alone; the pages themselves are tried in a browser by `tests/dashboard.test.ts`.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { root: import.meta.dirname, include: ['src/**/*.test.ts'] } });
