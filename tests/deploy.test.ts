// The Worker as it would be deployed: bundled and checked by wrangler itself, without anything of this machine in it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'tallrec-deploy-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

it('deploys as far as can be said without an account', async () => {
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', out];
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', NO_COLOR: '1', CI: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  expect(stderr).not.toMatch(/warning|error/i);
  expect(status).toBe(0);
  for (const binding of ['DB', 'BUCKET', 'RATE_LIMITER', 'NODE_LINK', 'JOB_FEED', 'JOBS', 'VALIDATION']) {
    expect(stdout).toContain(`env.${binding}`);
  }
  const bundle = (await readdir(out)).find((name) => name.endsWith('.js'))!;
  const text = await readFile(join(out, bundle), 'utf8');
  // Limit of the platform on the paid plan, compressed; the free plan has 3 MB.
  expect(text.length).toBeLessThan(10_000_000);
  expect(text).not.toContain(root);
});

it('has no made-up ids, and keeps whole URLs out of the platform’s logs', async () => {
  const text = await readFile(join(root, 'wrangler.toml'), 'utf8');
  expect(text).not.toMatch(/database_id|preview_id|account_id/);
  expect(text).toMatch(/invocation_logs = false/);
});
