// Computing in eight bits is near to float32, and says where it cannot be had.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../graph/execution.ts';
import { hasExactInt8Products } from '../graph/integer-products.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type LoadOptions, loadLanguageModel } from './load.ts';
import { LINEAR_MODULES } from './lora.ts';
import { randomAdapter, writeSeededCheckpoint } from './seeded-checkpoint.ts';

const runtime = createRuntime('cpu', { threads: 1 });
/** CPUs without VNNI have none; there it is refused. */
const exact = await hasExactInt8Products(runtime);
const rows = [
  { tokens: [3, 17, 9, 22, 5, 31, 8], labels: [-100, -100, -100, -100, -100, 31, 8] },
  { tokens: [3, 17, 39, 4], labels: [-100, -100, 39, 4] },
];

let folder: string;
let dir: string;
let int8File: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'int8-compute-'));
  dir = join(folder, 'bf16');
  int8File = join(folder, 'int8-compute.safetensors');
  await writeSeededCheckpoint(dir, 'BF16', 'BF16');
});
afterAll(async () => await rm(folder, { recursive: true }));

async function run(options: LoadOptions) {
  const model = await loadLanguageModel(dir, runtime, options);
  const adapter = randomAdapter({ targetModules: LINEAR_MODULES });
  const tokens = rows.map((row) => row.tokens);
  const logits = [...(await model.nextTokenLogits(tokens, adapter))];
  const { gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: 1 });
  await model.close();
  return { logits, gradients: [...gradients.values()].flatMap((gradient) => [...gradient]) };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('computing in int8', () => {
  it.runIf(exact)('gives logits and gradients near those of float32, and not the same', async () => {
    const [exact, rounded] = [await run({}), await run({ int8File })];
    expect(rounded.logits).not.toEqual(exact.logits);
    expect(cosine(rounded.logits, exact.logits)).toBeGreaterThan(0.999);
    expect(cosine(rounded.gradients, exact.gradients)).toBeGreaterThan(0.999);
  });

  it.runIf(exact)('rounds each matrix once: another load maps the file that is there', async () => {
    const first = await run({ int8File });
    const { mtimeMs } = await stat(int8File);
    expect(await run({ int8File })).toEqual(first);
    expect((await stat(int8File)).mtimeMs).toBe(mtimeMs);
  });

  it.skipIf(exact)('is refused on a CPU whose integer products overflow', async () => {
    await expect(run({ int8File })).rejects.toThrow(/overflow.*Leave out --compute int8/);
  });

  it('is refused on other providers and for weights that are quantised already', async () => {
    const webgpu: Runtime = { ...runtime, provider: 'webgpu' };
    await expect(loadLanguageModel(dir, webgpu, { int8File })).rejects.toThrow('takes the cpu provider');
    const weights = { format: 'int4', file: join(folder, 'int4.safetensors') } as const;
    await expect(loadLanguageModel(dir, runtime, { int8File, weights })).rejects.toThrow('weights in f32, f16 or bf16');
  });
});
