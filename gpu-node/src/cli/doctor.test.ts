// `tallrec doctor` as a process.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { REFERENCE_DIR } from '../doctor/reference-case.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { finish, startTallrec } from './cli-process.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
const at = (...path: string[]) => join(dir, ...path);
const tallrec = (...args: string[]) => finish(startTallrec(dir, args));
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeTinyModel(at('tiny'), { corpus: ['Will the user like it? Yes. No.'] });
});
afterAll(() => rm(dir, { recursive: true }));

test('the doctor plans memory without weights', async () => {
  await writeFile(
    at('llama-7b.json'),
    JSON.stringify({
      ...{ architectures: ['LlamaForCausalLM'], hidden_size: 4096, intermediate_size: 11008, vocab_size: 32000 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32 },
    }),
  );
  const planOf = (...options: string[]) => tallrec('doctor', '--plan', '--model', 'llama-7b.json', ...options);
  const { stdout } = await planOf('--seq', '512', '--weights', 'int4', '--compute', 'f32', '--vram', '8GB', '--json');
  const { plan } = JSON.parse(stdout);
  expect(plan).toMatchObject({ fits: true, provider: 'cuda', weights: 'int4', length: 512, checkpointing: true });
  expect(Object.keys(plan.parts)).toEqual(['weights', 'activations', 'logits', 'gradients', 'optimizer', 'slack']);
  const usual = JSON.parse((await planOf('--vram', '24GB', '--json')).stdout).plan;
  expect(usual).toMatchObject({ fits: true, provider: 'cuda', weights: 'f16', precision: 'f16' });
  expect((await planOf('--vram', '8GB')).stdout).toMatch(/Total .* of 8\.00 GB: it does not fit/);
  const own = await tallrec('doctor', '--plan', '--model', 'tiny');
  expect(own.stdout).toMatch(/4 × 512 tokens at once, f32 weights, computed in f32 on cpu\n/);
  expect((await planOf('--vram', '8')).stderr).toMatch(/Write it as 24GB/);
  expect((await tallrec('doctor', '--plan')).stderr).toMatch(/A plan needs a model\. Name it/);
});

test('the doctor measures the engine against a reference case', async () => {
  const { code, stdout } = await tallrec('doctor', '--reference', REFERENCE_DIR, '--json');
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ provider: 'cpu', precision: 'f32' });
  expect(report.reference.logitsMaxAbs).toBeLessThan(1e-4);
  expect(report.reference.gradientsMaxRel).toBeLessThan(1e-4);

  const fewerBits = await tallrec('doctor', '--reference', REFERENCE_DIR, '--weights', 'int4', '--json');
  expect(fewerBits.code).toBe(0);
  expect(JSON.parse(fewerBits.stdout).reference.logitsMaxAbs).toBeGreaterThan(1e-2);
});

test('a reference case whose files are not of one export is blamed, and no provider', async () => {
  await cp(REFERENCE_DIR, at('changed'), { recursive: true });
  const path = at('changed', 'base', 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...config, rms_norm_eps: 0.1 }));
  const { code, stderr } = await tallrec('doctor', '--reference', 'changed', '--provider', 'cpu');
  expect(code).toBe(1);
  expect(stderr).toMatch(/further from the reference .*logitsMaxAbs/);
  expect(stderr).toMatch(
    /reproduces its own reference case\. Check that base\/, adapter\/ and expected\.json of changed/,
  );
  expect(stderr).not.toMatch(/--provider|npm ci/);
});
