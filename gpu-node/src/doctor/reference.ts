// Compares the engine on a runtime with a reference case: logits, loss, gradients and a short training.
import type { Runtime } from '../graph/execution.ts';
import { type LoadOptions, loadLanguageModel } from '../llama/load.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { readAdapter } from '../llama/peft.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { adamWStep, clipGradientNorm, createAdamW } from '../train/adamw.ts';
import { learningRateAt } from '../train/schedule.ts';
import { type ReferenceCase, readReferenceCase } from './reference-case.ts';

export interface ReferenceErrors {
  /** Largest difference of a last-position logit, with and without the adapter. */
  logitsMaxAbs: number;
  lossAbs: number;
  /** Largest difference of a gradient, as a share of its tensor's largest entry. */
  gradientsMaxRel: number;
  /** Largest difference of a loss over the reference's AdamW steps. */
  adamwLossesMaxAbs: number;
}

/**
 * What the engine must keep to. In narrower formats the weights are others: rounding each of them moves a random model, whose logits
 * are large, this far.
 */
export const REFERENCE_TOLERANCES: Record<WeightFormat, ReferenceErrors> = {
  f32: { logitsMaxAbs: 1e-4, lossAbs: 1e-5, gradientsMaxRel: 1e-4, adamwLossesMaxAbs: 1e-4 },
  f16: { logitsMaxAbs: 2e-2, lossAbs: 2e-3, gradientsMaxRel: 1e-2, adamwLossesMaxAbs: 2e-3 },
  bf16: { logitsMaxAbs: 0.15, lossAbs: 1e-2, gradientsMaxRel: 0.1, adamwLossesMaxAbs: 2e-2 },
  int8: { logitsMaxAbs: 0.6, lossAbs: 4e-2, gradientsMaxRel: 0.3, adamwLossesMaxAbs: 5e-2 },
  int4: { logitsMaxAbs: 5, lossAbs: 0.3, gradientsMaxRel: 1.5, adamwLossesMaxAbs: 0.3 },
};

/** Computed in float16, from weights that are not quantised. */
export const FLOAT16_TOLERANCES: ReferenceErrors = {
  logitsMaxAbs: 2e-2,
  lossAbs: 2e-3,
  gradientsMaxRel: 1e-2,
  adamwLossesMaxAbs: 1e-2,
};

export interface ReferenceOptions extends LoadOptions {
  /** Called after each AdamW step; what it throws breaks off. */
  afterStep?: () => void;
}

/** @throws TallrecError when the case cannot be read */
export async function compareWithReference(
  dir: string,
  runtime: Runtime,
  { afterStep, ...options }: ReferenceOptions = {},
): Promise<ReferenceErrors> {
  const reference = await readReferenceCase(dir);
  const model = await loadLanguageModel(reference.baseDir, runtime, options);
  try {
    const adapter = await readAdapter(reference.adapterDir, model.config);
    return {
      logitsMaxAbs: await logitsError(model, adapter, reference),
      ...(await gradientErrors(model, adapter, reference)),
      adamwLossesMaxAbs: await adamWError(model, adapter, reference, afterStep),
    };
  } finally {
    await model.close();
  }
}

/** The errors that lie outside the tolerances, by name. */
export function failures(errors: ReferenceErrors, tolerances = REFERENCE_TOLERANCES.f32): (keyof ReferenceErrors)[] {
  const names = Object.keys(tolerances) as (keyof ReferenceErrors)[];
  // Written so that NaN fails.
  return names.filter((name) => !(errors[name] <= tolerances[name]));
}

async function logitsError(
  model: LanguageModel,
  adapter: LoraAdapter,
  { rows, expected }: ReferenceCase,
): Promise<number> {
  const tokens = rows.map((row) => row.tokens);
  const withAdapter = await model.nextTokenLogits(tokens, adapter);
  const without = await model.nextTokenLogits(tokens, undefined);
  return Math.max(
    maxAbsDifference(withAdapter, expected.last_logits.flat()),
    maxAbsDifference(without, expected.last_logits_without_adapter.flat()),
  );
}

async function gradientErrors(model: LanguageModel, adapter: LoraAdapter, { rows, expected }: ReferenceCase) {
  const { loss, gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: meanWeight(rows) });
  const relative = Object.entries(expected.grads).map(([name, values]) => {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    return maxAbsDifference(gradients.get(name) ?? [], values) / largest;
  });
  return { lossAbs: Math.abs(loss - expected.loss), gradientsMaxRel: maximum(relative) };
}

async function adamWError(
  model: LanguageModel,
  adapter: LoraAdapter,
  { rows, expected }: ReferenceCase,
  afterStep: () => void = () => {},
): Promise<number> {
  const { lr, betas, eps, weight_decay, clip_norm, warmup_steps, total_steps, losses } = expected.adamw;
  const schedule = { learningRate: lr, warmupSteps: warmup_steps, totalSteps: total_steps };
  const config = { beta1: betas[0], beta2: betas[1], epsilon: eps, weightDecay: weight_decay };
  const tensors = new Map([...adapter.tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  const state = createAdamW(tensors);
  const differences: number[] = [];
  for (const expectedLoss of losses) {
    const options = { lossWeight: meanWeight(rows) };
    const { loss, gradients } = await model.lossAndGradients(rows, { ...adapter, tensors }, options);
    differences.push(Math.abs(loss - expectedLoss));
    clipGradientNorm(gradients, clip_norm);
    adamWStep(state, tensors, gradients, learningRateAt(state.step, schedule), config);
    afterStep();
  }
  return maximum(differences);
}

/** The weight that makes the loss the mean over the labelled positions. */
function meanWeight(rows: ReferenceCase['rows']): number {
  return 1 / rows.flatMap(({ labels }) => labels.slice(1)).filter((label) => label >= 0).length;
}

function maxAbsDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return maximum(expected.map((value, i) => Math.abs(actual[i]! - value)));
}

/** NaN when one is NaN, unlike a comparison. */
function maximum(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value), 0);
}
