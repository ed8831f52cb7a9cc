// `tallrec doctor --plan`: how much memory a tuning takes, and what fits.
import { stat } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { config } from '../config.ts';
import type { Provider } from '../graph/execution.ts';
import { parseLlamaConfig } from '../llama/config.ts';
import { JSON_FILE_LIMITS_BYTES, readJsonFile } from '../llama/json-file.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { type Compute, computeType, weightsFor } from '../models/converted-weights.ts';
import { resolveModel } from '../models/store.ts';
import { providerExtensions } from '../runtime/onnx-runtime.ts';
import type { MemoryPlan } from '../train/memory-plan.ts';
import { checkpointShape, type ModelShape, planTuning } from '../train/tuning-plan.ts';

export interface PlanOptions {
  /** A checkpoint, by directory or name, or its config.json alone. */
  model: string;
  weights?: WeightFormat | undefined;
  compute: Compute;
  provider: Provider;
  limitBytes: number;
  settings: TuningSettings;
  microBatch?: number | undefined;
}

/** @throws TallrecError when the model is not there, or is no LLaMA */
export async function planNamed({ model, weights, compute, ...options }: PlanOptions): Promise<MemoryPlan> {
  const shape = await shapeOf(model);
  return planTuning({
    ...options,
    config: shape.config,
    weights: weightsFor(compute, weights) ?? shape.weights,
    compute: computeType(compute),
    extensions: providerExtensions(options.provider),
  });
}

/** Weights are taken to be f16 where only a config.json is at hand, as most are published. */
async function shapeOf(model: string): Promise<ModelShape> {
  const isFile = await stat(model).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (!isFile) return checkpointShape((await resolveModel(model, config())).dir);
  const file = await readJsonFile(model, JSON_FILE_LIMITS_BYTES.config);
  if ('fault' in file) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${model} ${file.fault}.`, {
      fix: 'Name a checkpoint or its config.json.',
    });
  }
  return { config: parseLlamaConfig(file.json, model), weights: 'f16' };
}

const PART_NAMES: Record<keyof MemoryPlan['parts'], string> = {
  weights: 'Weights',
  activations: 'Activations',
  logits: 'Logits',
  gradients: 'Gradients',
  optimizer: 'Optimizer',
  slack: 'Slack',
};

export function describePlan(plan: MemoryPlan): string {
  const { provider, weights, precision, length, microBatch, checkpointing, fits, totalBytes, limitBytes, parts } = plan;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2).padStart(7)} GB`;
  const work = `${microBatch} × ${length} tokens at once, ${weights} weights, computed in ${precision} on ${provider}`;
  const lines: [string, string][] = [
    ['Work', `${work}${checkpointing ? ', each layer computed again in the backward pass' : ''}`],
    ...Object.entries(parts).map(([part, bytes]): [string, string] => {
      return [`  ${PART_NAMES[part as keyof typeof parts]}`, gigabytes(bytes)];
    }),
    ['Total', `${gigabytes(totalBytes)} of ${gigabytes(limitBytes).trim()}: ${fits ? 'it fits' : 'it does not fit'}`],
  ];
  return `${lines.map(([name, value]) => `${name.padEnd(16)}${value}`).join('\n')}\n`;
}
