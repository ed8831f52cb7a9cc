import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'shared', include: ['src/**/*.test.ts'] } },
      {
        // As a browser reads files.
        resolve: { alias: { '#csv-parse': 'csv-parse/browser/esm' } },
        test: { name: 'browser', include: ['src/rows/**/*.test.ts'] },
      },
    ],
  },
});
