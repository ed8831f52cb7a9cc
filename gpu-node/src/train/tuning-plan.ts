// The memory plan that a tuning starts by, from the command line or as a node's job: what fits, and what is said of it.
import { totalmem } from 'node:os';
import type { TuningSettings } from '@tallrec/shared/tuning';
import type { Runtime } from '../graph/execution.ts';
import { type LlamaConfig, readLlamaConfig } from '../llama/config.ts';
import type { LinearModule } from '../llama/lora.ts';
import { openCheckpoint } from '../llama/safetensors.ts';
import { storedFormat, type WeightFormat } from '../llama/weight-file.ts';
import type { ComputeType } from '../llama/weights.ts';
import { type MemoryPlan, type PlanRequest, planMemory } from './memory-plan.ts';

/** Tokens of "Yes." or "No." with the end of the text, and one to spare. */
const ANSWER_TOKENS = 4;

export interface ModelShape {
  config: LlamaConfig;
  weights: WeightFormat;
}

/** @throws TallrecError when `dir` holds no LLaMA */
export async function checkpointShape(dir: string): Promise<ModelShape> {
  const [config, checkpoint] = await Promise.all([readLlamaConfig(dir), openCheckpoint(dir)]);
  return { config, weights: storedFormat(checkpoint) };
}

export interface TuningPlanRequest
  extends ModelShape,
    Pick<PlanRequest, 'provider' | 'extensions' | 'compute' | 'limitBytes' | 'microBatch'> {
  settings: TuningSettings;
}

export function planTuning({ settings, ...request }: TuningPlanRequest): MemoryPlan {
  const { cutoffTokens, loraRank, loraModules, lossOn } = settings.hyperParameters;
  const length = Math.min(cutoffTokens, request.config.maxPositionEmbeddings);
  return planMemory({
    ...request,
    length,
    labelled: lossOn === 'all' ? length : Math.min(ANSWER_TOKENS, length),
    lora: { rank: loraRank, targetModules: loraModules as LinearModule[] },
  });
}

export interface CheckpointPlanOptions {
  settings: TuningSettings;
  /** As stored when left out. */
  weights: WeightFormat | undefined;
  compute?: ComputeType;
  /** Of the GPU; the CPU has this machine's memory. */
  vramBytes: number | undefined;
  microBatch?: number | undefined;
}

/**
 * @returns undefined for a GPU whose memory is not told
 * @throws TallrecError when `dir` holds no LLaMA
 */
export async function planCheckpoint(
  dir: string,
  { provider, extensions }: Runtime,
  { settings, weights, compute, vramBytes, microBatch }: CheckpointPlanOptions,
): Promise<MemoryPlan | undefined> {
  const limitBytes = vramBytes ?? (provider === 'cpu' ? totalmem() : undefined);
  if (limitBytes === undefined) return undefined;
  const shape = await checkpointShape(dir);
  return planTuning({
    ...{ config: shape.config, weights: weights ?? shape.weights },
    ...{ provider, extensions, compute, limitBytes, settings, microBatch },
  });
}

/** Micro-batches as small as they have to be, which changes nothing that is learned. */
export function keptToPlan(settings: TuningSettings, { microBatch, length }: MemoryPlan): TuningSettings {
  const { hyperParameters } = settings;
  const planned = microBatch * length;
  if (planned + length > hyperParameters.microBatchTokens) return settings;
  return { ...settings, hyperParameters: { ...hyperParameters, microBatchTokens: planned } };
}

/** What is said of a plan when a tuning starts. */
export function planNotes({ totalBytes, limitBytes, checkpointing, fits }: MemoryPlan): string[] {
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  const layers = checkpointing ? '; each layer is computed again in the backward pass' : '';
  const plan = `Memory: ${gigabytes(totalBytes)} GB planned of ${gigabytes(limitBytes)} GB${layers}.`;
  return fits ? [plan] : [plan, 'It may not fit: weights in int8 or int4, or a smaller cut-off, take less.'];
}
