// Training of all weights, against PyTorch's numbers and against the loss's own slopes.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '@tallrec/shared/random';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { referenceData } from '../reference-data.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { adamWStep, clipGradientNorm, createAdamW } from '../train/adamw.ts';
import { parseLlamaConfig, readLlamaConfig } from './config.ts';
import { IGNORED_LABEL, type LabelledRow } from './model.ts';
import { SEEDED_CONFIG_FILE, seededConfig } from './seeded-checkpoint.ts';
import { initialWeights, readWeights, TrainableModel } from './trainable-model.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));

const numbers = z.array(z.number());
const expectedFile = z.object({
  rows: z.array(numbers),
  loss: z.number(),
  gradients: z.record(
    z.string(),
    z.object({ norm: z.number(), cosine_sum: z.number(), max: z.number(), every: numbers }),
  ),
  adamw: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay: z.number(),
    clip_norm: z.number(),
    losses: numbers,
  }),
});

const cases = [
  { name: 'gqa', what: 'grouped-query attention, tied embeddings', dir: `${fixtures}/reference/base` },
  { name: 'mha', what: 'sharded checkpoint, separate head', dir: referenceData('golden', 'mha', 'base') },
];

describe('gradients of every weight equal PyTorch’s', () => {
  for (const { name, what, dir } of cases) {
    it.skipIf(!dir)(`${what}${dir ? '' : ': the reference data is not at hand'}`, async () => {
      const { model, rows, lossWeight, expected } = await open(name, dir!);
      const { loss, gradients } = await model.lossAndGradients(rows, lossWeight);
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5);
      expect([...gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
      for (const [tensor, { norm, cosine_sum, max, every }] of Object.entries(expected.gradients)) {
        const gradient = gradients.get(tensor)!;
        expect(Math.abs(Math.hypot(...gradient) / norm - 1), tensor).toBeLessThan(1e-5);
        const cosineSum = gradient.reduce((sum, g, i) => sum + g * Math.cos(i), 0);
        expect(Math.abs(cosineSum - cosine_sum) / norm, tensor).toBeLessThan(1e-4);
        every.forEach((value, i) => {
          const at = Math.floor((i * gradient.length) / every.length);
          expect(Math.abs(gradient[at]! - value) / max, `${tensor}[${at}]`).toBeLessThan(1e-5);
        });
      }
      await model.close();
    });

    it.skipIf(!dir)(`${what}, AdamW${dir ? '' : ': the reference data is not at hand'}`, async () => {
      const { model, rows, lossWeight, expected } = await open(name, dir!);
      const { lr, betas, eps, weight_decay, clip_norm, losses } = expected.adamw;
      const config = { beta1: betas[0], beta2: betas[1], epsilon: eps, weightDecay: weight_decay };
      const state = createAdamW(model.weights);
      for (const expectedLoss of losses) {
        const { loss, gradients } = await model.lossAndGradients(rows, lossWeight);
        expect(Math.abs(loss - expectedLoss)).toBeLessThan(1e-4);
        clipGradientNorm(gradients, clip_norm);
        adamWStep(state, model.weights, gradients, lr, config);
      }
      await model.close();
    });
  }
});

describe('a model that is trained from scratch', () => {
  const model = () => new TrainableModel(seededConfig, initialWeights(seededConfig, Random.seeded(1)), runtime);
  const text = [3, 17, 9, 22, 5, 31, 8, 8, 1, 0, 39, 12];
  const rows: LabelledRow[] = [wholeText(text), wholeText(text.slice(4)), { tokens: [1, 2], labels: [1, -100] }];
  const predicted = text.length - 1 + text.length - 5;

  it('starts from one seed alike, knowing nothing', async () => {
    const started = model();
    expect(started.weights).toEqual(initialWeights(seededConfig, Random.seeded(1)));
    const { nllSum, labelled } = await started.loss(rows);
    expect(labelled).toBe(predicted);
    expect(nllSum / labelled).toBeCloseTo(Math.log(seededConfig.vocabSize), 1);
    await started.close();
  });

  const qwen3 = parseLlamaConfig({
    ...SEEDED_CONFIG_FILE,
    architectures: ['Qwen3ForCausalLM'],
    attention_bias: true,
    use_sliding_window: true,
    sliding_window: 3,
    max_window_layers: 1,
  });

  it.each([
    ['a LLaMA', seededConfig],
    ['a Qwen3 with biases and windows', qwen3],
  ])('has the gradients that its loss’s slopes show, tensor by tensor: %s', async (_, config) => {
    const initial = initialWeights(config, Random.seeded(1));
    // Where queries are normalised small weights make steep slopes.
    if (config.queryKeyNorm) {
      for (const { shape, data } of initial.values()) if (shape.length > 1) data.set(data.map((value) => 6 * value));
    }
    const { weights, ...rest } = await withGradients(new TrainableModel(config, initial, runtime));
    for (const [index, [name, { data }]] of [...weights].entries()) {
      const gradient = rest.gradients.get(name)!;
      const size = Math.hypot(...gradient);
      const random = Random.seeded(index);
      const direction = gradient.map((g) => g / size + random.normal() / Math.sqrt(gradient.length));
      const original = data.slice();
      const lossAt = async (step: number) => {
        data.set(original.map((value, i) => value + step * direction[i]!));
        const { nllSum } = await rest.model.loss(rows);
        data.set(original);
        return nllSum / predicted;
      };
      const step = 2e-2;
      const difference = async (h: number) => ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
      const slope = (4 * (await difference(step)) - (await difference(2 * step))) / 3;
      const expected = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
      expect(Math.abs(expected - slope) / size, name).toBeLessThan(2e-2);
    }
    await rest.model.close();
  });

  it('learns a text by heart', async () => {
    const { model: learner, weights } = await withGradients(model());
    const state = createAdamW(weights);
    const config = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };
    for (let step = 0; step < 150; step++) {
      const { gradients } = await learner.lossAndGradients(rows, 1 / predicted);
      adamWStep(state, weights, gradients, 1e-2, config);
    }
    expect((await learner.loss(rows)).nllSum / predicted).toBeLessThan(0.05);
    await learner.close();
  });

  it('has the same gradients when each layer is computed again for the backward pass', async () => {
    const weights = initialWeights(seededConfig, Random.seeded(1));
    const saving = new TrainableModel(seededConfig, weights, runtime, { checkpointing: true });
    const [plain, again] = [await withGradients(model()), await withGradients(saving)];
    for (const [name, gradient] of plain.gradients) {
      const largest = Math.max(...gradient.map(Math.abs));
      const other = again.gradients.get(name)!;
      expect(Math.max(...gradient.map((g, i) => Math.abs(g - other[i]!))) / largest, name).toBeLessThan(1e-5);
    }
    await plain.model.close();
    await saving.close();
  });

  it('has no gradient where nothing is labelled', async () => {
    const started = model();
    const { loss, gradients } = await started.lossAndGradients([rows[2]!], 1);
    expect(loss).toBe(0);
    expect([...gradients.values()].every((gradient) => gradient.every((value) => value === 0))).toBe(true);
    await started.close();
  });

  async function withGradients(trained: TrainableModel) {
    const { gradients } = await trained.lossAndGradients(rows, 1 / predicted);
    return { model: trained, weights: trained.weights, gradients };
  }
});

async function open(name: string, dir: string) {
  const expected = expectedFile.parse(JSON.parse(await readFile(`${fixtures}/full-gradients/${name}.json`, 'utf8')));
  const config = await readLlamaConfig(dir);
  const model = new TrainableModel(config, await readWeights(config, dir), runtime);
  const rows = expected.rows.map(wholeText);
  const predicted = rows.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
  return { model, rows, lossWeight: 1 / predicted, expected };
}

/** Every token is to be predicted from those before it. */
function wholeText(tokens: readonly number[]): LabelledRow {
  return { tokens, labels: tokens.map((token, i) => (i === 0 ? IGNORED_LABEL : token)) };
}
