// Tests run inside workerd, with the project's own bindings and migrations.
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: '../wrangler.toml' },
      miniflare: {
        bindings: {
          OPERATOR_SECRET: 'operator-secret-of-the-tests',
          SIGNING_KEYS: 'k2:signing-secret-of-the-tests,k1:signing-secret-before-that',
          LEASE_MS: '1000',
          ACCEPT_MS: '500',
          NODE_REQUEST_TIMEOUT_MS: '600',
          RETRY_WAIT_MS: '1500',
          CHECKPOINT_UPLOAD_MS: '0',
          STEP_RETRY_MS: '50',
          SSE_KEEP_ALIVE_MS: '100',
          MIGRATIONS: await readD1Migrations('../migrations'),
        },
      },
    })),
  ],
  test: {
    silent: 'passed-only',
    setupFiles: ['./src/testing/migrate.ts'],
    include: ['src/**/*.test.ts'],
    // One workerd for all files: each test makes its own ids, so they share a record and a bucket.
    isolate: false,
    testTimeout: 30_000,
  },
});
