// `tallrec doctor --plan`, and the plan that a tuning is started by: how much memory it takes, and what fits.
import { stat } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { InvalidArgumentError } from 'commander';
import { config } from '../config.ts';
import type { Provider } from '../graph/execution.ts';
import { type LlamaConfig, parseLlamaConfig, readLlamaConfig } from '../llama/config.ts';
import { JSON_FILE_LIMITS_BYTES, readJsonFile } from '../llama/json-file.ts';
import type { LinearModule } from '../llama/lora.ts';
import { openCheckpoint } from '../llama/safetensors.ts';
import { storedFormat, type WeightFormat } from '../llama/weight-file.ts';
import { resolveModel } from '../models/store.ts';
import { providerExtensions } from '../runtime/onnx-runtime.ts';
import { type MemoryPlan, planMemory } from '../train/memory-plan.ts';

/** Tokens of "Yes." or "No." with the end of the text, and one to spare. */
const ANSWER_TOKENS = 4;
const UNITS: Record<string, number> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Bytes of `24GB`, `512MiB` and the like. */
export function byteCount(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([MG]i?B)$/.exec(text) ?? [];
  if (!number || !unit) throw new InvalidArgumentError('Write it as 24GB, 7.5GiB or 512MB.');
  return Number(number) * UNITS[unit]!;
}

export interface PlanOptions {
  /** A checkpoint, by directory or name, or its config.json alone. */
  model: string;
  weights?: WeightFormat | undefined;
  provider: Provider;
  limitBytes: number;
  settings: TuningSettings;
  microBatch?: number | undefined;
}

/** @throws TallrecError when the model is not there, or is no LLaMA */
export async function planTuning({ model, settings, ...options }: PlanOptions): Promise<MemoryPlan> {
  const { llama, stored } = await describe(model);
  const { cutoffTokens, loraRank, loraModules, lossOn } = settings.hyperParameters;
  const length = Math.min(cutoffTokens, llama.maxPositionEmbeddings);
  return planMemory({
    ...options,
    config: llama,
    extensions: providerExtensions(options.provider),
    weights: options.weights ?? stored,
    length,
    labelled: lossOn === 'all' ? length : Math.min(ANSWER_TOKENS, length),
    lora: { rank: loraRank, targetModules: loraModules as LinearModule[] },
  });
}

/** A model's shape, and the format of its weights: f16 where only a config.json is at hand, as most are published. */
async function describe(model: string): Promise<{ llama: LlamaConfig; stored: WeightFormat }> {
  const isFile = await stat(model).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (!isFile) {
    const { dir } = await resolveModel(model, config());
    return { llama: await readLlamaConfig(dir), stored: storedFormat(await openCheckpoint(dir)) };
  }
  const file = await readJsonFile(model, JSON_FILE_LIMITS_BYTES.config);
  if ('fault' in file) {
    throw new TallrecError('MODEL_UNSUPPORTED', `${model} ${file.fault}.`, {
      fix: 'Name a checkpoint or its config.json.',
    });
  }
  return { llama: parseLlamaConfig(file.json, model), stored: 'f16' };
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
