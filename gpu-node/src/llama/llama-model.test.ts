// The model as its callers see it, on small seeded checkpoints: what must hold whatever the weights are.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { loadLanguageModel } from './load.ts';
import { LINEAR_MODULES, type LoraAdapter } from './lora.ts';
import type { GradientOptions, LabelledRow, LanguageModel, LossAndGradients } from './model.ts';
import { normals, randomAdapter, SEEDED_CONFIG_FILE, writeSeededCheckpoint } from './seeded-checkpoint.ts';

const runtime = createRuntime('cpu', { threads: 1 });

const rows: LabelledRow[] = [
  { tokens: [3, 17, 9, 22, 5, 31, 8], labels: [-100, -100, -100, -100, -100, 31, 8] },
  { tokens: [12, 4, 39], labels: [-100, -100, 39] },
  { tokens: [7, 7, 1, 30, 2], labels: [-100, 7, -100, 30, 2] },
];
const LABELLED = 6;
const STEP = 2.5e-3;
const tokens = rows.map((row) => row.tokens);

let folder: string;
let model: LanguageModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llama-model-'));
  await writeSeededCheckpoint(join(folder, 'f32'), 'F32', 'F32');
  model = await loadLanguageModel(join(folder, 'f32'), runtime);
});
afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true });
});

describe('gradients', () => {
  it('are those of the loss, for LoRA on all seven modules', async () => {
    const adapter = randomAdapter({ rank: 3, targetModules: LINEAR_MODULES, rankStabilized: true });
    const { loss, gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: 1 / LABELLED });
    const evaluate = async () => (await model.loss(rows, adapter)).nllSum / LABELLED;
    expect(loss).toBeCloseTo(await evaluate(), 5);
    expect([...gradients.keys()]).toEqual([...adapter.tensors.keys()]);
    await expectSlopes(adapter, gradients, evaluate);
  });

  it('are those of the loss under one dropout mask', async () => {
    const adapter = randomAdapter({ dropout: 0.4, targetModules: ['v_proj', 'gate_proj', 'down_proj'] });
    const options: GradientOptions = { lossWeight: 0.5, dropoutSeed: 11 };
    const { gradients } = await model.lossAndGradients(rows, adapter, options);
    await expectSlopes(adapter, gradients, async () => (await model.lossAndGradients(rows, adapter, options)).loss);
  });

  it('are those of margins, too, and the loss stays as it was', async () => {
    const adapter = randomAdapter({ rank: 3, targetModules: LINEAR_MODULES });
    const margins = { yes: 31, no: 5, rows: [0.7, 0, -1.3].map((slope, row) => ({ at: [5, 2, 3][row]!, slope })) };
    const { loss, gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: 0.25, margins });
    expect(loss).toBe((await model.lossAndGradients(rows, adapter, { lossWeight: 0.25 })).loss);
    await expectSlopes(adapter, gradients, async () => {
      const { nllSum } = await model.loss(rows, adapter);
      const prompts = margins.rows.map(({ at }, row) => rows[row]!.tokens.slice(0, at));
      const logits = await model.nextTokenLogits(prompts, adapter, [margins.yes, margins.no]);
      return margins.rows.reduce(
        (sum, { slope }, row) => sum + slope * (logits[2 * row]! - logits[2 * row + 1]!),
        0.25 * nllSum,
      );
    });
  });

  it('add up over micro-batches of any size', async () => {
    const adapter = randomAdapter({});
    const options = { lossWeight: 1 / LABELLED };
    const whole = await model.lossAndGradients(rows, adapter, options);
    const parts: LossAndGradients[] = [];
    for (const row of rows) parts.push(await model.lossAndGradients([row], adapter, options));
    expect(parts.reduce((sum, { loss }) => sum + loss, 0)).toBeCloseTo(whole.loss, 5);
    for (const [name, gradient] of whole.gradients) {
      const sums = gradient.map((_, i) => parts.reduce((sum, { gradients }) => sum + gradients.get(name)![i]!, 0));
      expect(relativeDifference(sums, gradient), name).toBeLessThan(1e-5);
    }
  });

  it('are the same when each layer is computed again for the backward pass', async () => {
    const saving = await loadLanguageModel(join(folder, 'f32'), runtime, { checkpointing: true });
    const adapter = randomAdapter({ dropout: 0.2, targetModules: LINEAR_MODULES });
    const options = { lossWeight: 1, dropoutSeed: 3 };
    const [plain, again] = [
      await model.lossAndGradients(rows, adapter, options),
      await saving.lossAndGradients(rows, adapter, options),
    ];
    expect(again.loss).toBeCloseTo(plain.loss, 5);
    for (const [name, gradient] of plain.gradients) {
      expect(relativeDifference(again.gradients.get(name)!, gradient), name).toBeLessThan(1e-6);
    }
    await saving.close();
  });

  it('leave zeros that stand for no matrices as they are, which add nothing to the logits', async () => {
    const adapter = randomAdapter({ targetModules: LINEAR_MODULES, dropout: 0.2 });
    const emptyB = structuredClone(adapter);
    const isOff = (name: string) => name.includes('.layers.0.') || name.includes('.up_proj.');
    for (const [name, { data }] of adapter.tensors) if (isOff(name)) data.fill(0);
    for (const [name, { data }] of emptyB.tensors) if (isOff(name) && name.includes('.lora_B.')) data.fill(0);
    const { gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: 1, dropoutSeed: 5 });
    for (const [name, gradient] of gradients)
      expect(
        gradient.every((value) => value === 0),
        name,
      ).toBe(isOff(name));
    expect(await model.nextTokenLogits(tokens, adapter)).toEqual(await model.nextTokenLogits(tokens, emptyB));
  });

  it('are zero where nothing is labelled', async () => {
    const adapter = randomAdapter({});
    const unlabelled = [{ tokens: [1, 2], labels: [1, -100] }];
    const { loss, gradients } = await model.lossAndGradients(unlabelled, adapter, { lossWeight: 1 });
    expect(loss).toBe(0);
    expect([...gradients.values()].every((gradient) => gradient.every((value) => value === 0))).toBe(true);
    expect(await model.loss(unlabelled, adapter)).toEqual({ nllSum: 0, labelled: 0 });
  });
});

describe('logits', () => {
  it('do not depend on padding or company', async () => {
    const together = await model.nextTokenLogits(tokens, undefined);
    const alone: number[] = [];
    for (const row of tokens) alone.push(...(await model.nextTokenLogits([row], undefined)));
    expect(relativeDifference(together, Float32Array.from(alone))).toBeLessThan(1e-5);
  });

  it('are those of the chosen columns', async () => {
    const all = await model.nextTokenLogits(tokens, undefined);
    const chosen = await model.nextTokenLogits(tokens, undefined, [38, 5]);
    const expected = tokens.flatMap((_, row) => [all[row * 40 + 38]!, all[row * 40 + 5]!]);
    expect(relativeDifference(chosen, Float32Array.from(expected))).toBeLessThan(1e-5);
  });

  it('change with the adapter, by its scale, and not with an adapter of zeros', async () => {
    const base = await model.nextTokenLogits(tokens, undefined);
    const adapter = randomAdapter({});
    const tuned = await model.nextTokenLogits(tokens, adapter);
    expect(relativeDifference(tuned, base)).toBeGreaterThan(1e-2);
    const doubled = { ...adapter, config: { ...adapter.config, alpha: 2 * adapter.config.alpha } };
    expect(relativeDifference(await model.nextTokenLogits(tokens, doubled), tuned)).toBeGreaterThan(1e-2);
    for (const [name, { data }] of adapter.tensors) if (name.includes('lora_B')) data.fill(0);
    expect(relativeDifference(await model.nextTokenLogits(tokens, adapter), base)).toBeLessThan(1e-6);
  });

  it('say nothing about rows that no model could read', async () => {
    const logits = (row: number[]) => model.nextTokenLogits([row], undefined);
    await expect(logits([])).rejects.toThrow('row 0 has no token');
    await expect(logits([1, 40])).rejects.toThrow("token 1: 40 is not in the model's vocabulary of 40");
    await expect(logits(Array(25).fill(1))).rejects.toThrow('25 tokens, the model takes at most 24');
    await expect(model.nextTokenLogits([], undefined)).rejects.toThrow('at least one row');
    const unmatched = { tokens: [1, 2, 3], labels: [-100, 2] };
    await expect(model.loss([unmatched], undefined)).rejects.toThrow('row 0 has 3 tokens and 2 labels');
  });
});

describe('dropout', () => {
  const gradientsOf = async (dropoutSeed: number | undefined, dropout = 0.5, batch = rows) => {
    const options = dropoutSeed === undefined ? { lossWeight: 1 } : { lossWeight: 1, dropoutSeed };
    return await model.lossAndGradients(batch, randomAdapter({ dropout }), options);
  };

  it('is the same for the same seed, another for another, none without one', async () => {
    const [first, again, other, none] = [
      await gradientsOf(1),
      await gradientsOf(1),
      await gradientsOf(2),
      await gradientsOf(undefined),
    ];
    expect(again).toEqual(first);
    expect(other!.loss).not.toBe(first!.loss);
    expect(none!.loss).toBeCloseTo((await model.loss(rows, randomAdapter({}))).nllSum, 5);
  });

  it('masks a sequence alike whatever it is padded to', async () => {
    const short = [rows[1]!];
    const padded = [rows[1]!, { tokens: Array(20).fill(6), labels: Array(20).fill(-100) }];
    expect((await gradientsOf(5, 0.5, padded)).loss).toBeCloseTo((await gradientsOf(5, 0.5, short)).loss, 5);
  });

  it('keeps the expectation: the mean loss over masks nears the loss without, for a weak adapter', async () => {
    const weak = randomAdapter({ dropout: 0.3 });
    for (const [name, { data }] of weak.tensors) if (name.includes('lora_B')) data.set(data.map((value) => value / 20));
    const base = (await model.loss(rows, undefined)).nllSum;
    const plain = (await model.loss(rows, weak)).nllSum - base;
    let sum = 0;
    const draws = 400;
    for (let seed = 0; seed < draws; seed++) {
      sum += (await model.lossAndGradients(rows, weak, { lossWeight: 1, dropoutSeed: seed })).loss - base;
    }
    expect(Math.abs(sum / draws / plain - 1)).toBeLessThan(0.15);
  });
});

describe('checkpoints', () => {
  it.each(['F16', 'BF16'] as const)('stored as %s give what the same numbers in f32 give', async (type) => {
    const [narrow, wide] = [join(folder, type), join(folder, `f32 of ${type}`)];
    await writeSeededCheckpoint(narrow, type, type);
    await writeSeededCheckpoint(wide, 'F32', type);
    const adapter = randomAdapter({});
    const expected = await run(wide, adapter);
    for (const widenUpToBytes of [0, 1e9]) {
      const actual = await run(narrow, adapter, widenUpToBytes);
      expect(relativeDifference(actual.logits, expected.logits)).toBeLessThan(1e-6);
      for (const [name, gradient] of expected.gradients) {
        expect(relativeDifference(actual.gradients.get(name)!, gradient), name).toBeLessThan(1e-5);
      }
    }
  });

  it('may be links into another folder, as the Hugging Face cache makes them', async () => {
    const cache = join(folder, 'cache');
    await mkdir(cache);
    for (const file of ['config.json', 'model.safetensors'])
      await symlink(join(folder, 'f32', file), join(cache, file));
    const linked = await loadLanguageModel(cache, runtime);
    expect(await linked.nextTokenLogits(tokens, undefined)).toEqual(await model.nextTokenLogits(tokens, undefined));
    await linked.close();
  });

  it('are refused when a tensor has not the shape that config.json asks for', async () => {
    const dir = join(folder, 'misfit');
    await writeSeededCheckpoint(dir, 'F32', 'F32');
    await writeFile(join(dir, 'config.json'), JSON.stringify({ ...SEEDED_CONFIG_FILE, intermediate_size: 50 }));
    await expect(loadLanguageModel(dir, runtime)).rejects.toThrow(
      /gate_proj.weight is \[48,32\], .* asks for \[50,32\]/,
    );
    await writeFile(join(dir, 'config.json'), JSON.stringify({ ...SEEDED_CONFIG_FILE, num_hidden_layers: 3 }));
    await expect(loadLanguageModel(dir, runtime)).rejects.toThrow(
      'lacks the tensor model.layers.2.self_attn.q_proj.weight',
    );
  });
});

async function run(dir: string, adapter: LoraAdapter, widenUpToBytes = 1e9) {
  const loaded = await loadLanguageModel(dir, runtime, { widenUpToBytes });
  const logits = await loaded.nextTokenLogits(tokens, adapter);
  const { gradients } = await loaded.lossAndGradients(rows, adapter, { lossWeight: 1 });
  await loaded.close();
  return { logits, gradients };
}

/** Each tensor's gradient against the loss's slope, half along the gradient, where rounding hides least, and half at random. */
async function expectSlopes(
  { tensors }: LoraAdapter,
  gradients: ReadonlyMap<string, Float32Array>,
  evaluate: () => Promise<number>,
): Promise<void> {
  for (const [index, [name, { data }]] of [...tensors].entries()) {
    const gradient = gradients.get(name)!;
    const size = Math.hypot(...gradient);
    expect(size, name).toBeGreaterThan(1e-3);
    const random = normals(data.length, 100 + index, 1 / Math.sqrt(data.length));
    const direction = gradient.map((g, i) => g / size + random[i]!);
    const original = data.slice();
    const lossAt = async (step: number) => {
      data.set(original.map((value, i) => value + step * direction[i]!));
      const loss = await evaluate();
      data.set(original);
      return loss;
    };
    const centralDifference = async (step: number) => ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    // Richardson's extrapolation: steps large enough for float32, without their curvature.
    const slope = (4 * (await centralDifference(STEP)) - (await centralDifference(2 * STEP))) / 3;
    const predicted = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
    expect(Math.abs(predicted - slope) / size, name).toBeLessThan(1e-2);
  }
}

function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(actual[i]! - value)), 0) / largest;
}
