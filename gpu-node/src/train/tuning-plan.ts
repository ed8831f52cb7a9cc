// The memory plan that a tuning starts by, from the command line or as a node's job: what fits, and what is said of it.
import { TallrecError } from '@tallrec/shared/errors';
import { hyperParametersSchema, type TuningSettings } from '@tallrec/shared/tuning';
import type { Runtime } from '../graph/execution.ts';
import { readCheckpoint } from '../llama/checkpoint.ts';
import type { LlamaConfig } from '../llama/config.ts';
import type { LinearModule } from '../llama/lora.ts';
import { storedFormat, type WeightFormat } from '../llama/weight-file.ts';
import { type Compute, computeType } from '../models/converted-weights.ts';
import { type MemoryPlan, type PlanRequest, planMemory } from './memory-plan.ts';

/** Tokens of "Yes." or "No." with the end of the text, and one to spare. */
const ANSWER_TOKENS = 4;

export interface ModelShape {
  config: LlamaConfig;
  weights: WeightFormat;
}

/** @throws TallrecError when `dir` holds no LLaMA */
export async function checkpointShape(dir: string): Promise<ModelShape> {
  const { config, checkpoint } = await readCheckpoint(dir);
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

/** What a plan is made for, as `planCompute` decides it. */
export interface PlannedComputing {
  runtime: Pick<Runtime, 'provider' | 'extensions'>;
  /** As stored when undefined. */
  weights: WeightFormat | undefined;
  compute: Compute;
  /** Undefined for a GPU that does not tell. */
  memoryBytes: number | undefined;
}

interface PlannedTuning {
  settings: TuningSettings;
  microBatch?: number | undefined;
}

/**
 * @returns undefined for a GPU whose memory is not told
 * @throws TallrecError when `dir` holds no LLaMA; TOO_LARGE, with what would fit, when a tuning of it would not
 */
export async function planCheckpoint(
  dir: string,
  computing: PlannedComputing,
  tuning: PlannedTuning,
): Promise<MemoryPlan | undefined> {
  const fit = await fitCheckpoint(dir, computing, tuning);
  if (fit?.wouldFit !== undefined) throw doesNotFit(fit.plan, fit.wouldFit);
  return fit?.plan;
}

/**
 * @returns undefined for a GPU whose memory is not told; with words on what would fit where the tuning does not
 * @throws TallrecError when `dir` holds no LLaMA
 */
export async function fitCheckpoint(
  dir: string,
  { runtime, weights, compute, memoryBytes }: PlannedComputing,
  { settings, microBatch }: PlannedTuning,
): Promise<{ plan: MemoryPlan; wouldFit: string | undefined } | undefined> {
  if (memoryBytes === undefined) return undefined;
  const shape = await checkpointShape(dir);
  const { provider, extensions } = runtime;
  const request: TuningPlanRequest = {
    ...{ config: shape.config, weights: weights ?? shape.weights },
    ...{ provider, extensions, compute: computeType(compute), limitBytes: memoryBytes, settings, microBatch },
  };
  const plan = planTuning(request);
  return { plan, wouldFit: plan.fits ? undefined : whatWouldFit(request) };
}

function doesNotFit(plan: MemoryPlan, wouldFit: string): TallrecError {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const needs = `A tuning takes ${gigabytes(plan.totalBytes)} of memory at least, and there are ${gigabytes(plan.limitBytes)}`;
  return new TallrecError('TOO_LARGE', `${needs} (${plan.weights} weights, ${plan.length} tokens).`, { fix: wouldFit });
}

const SHORTEST_CUTOFF = 128;

/** The least change that makes it fit: fewer bits a weight, then also shorter prompts. */
function whatWouldFit(request: TuningPlanRequest): string {
  const { cutoffTokens } = request.settings.hyperParameters;
  const cutoffs = [cutoffTokens, 256, SHORTEST_CUTOFF].filter((tokens) => tokens <= cutoffTokens);
  const narrower: (WeightFormat | undefined)[] = [undefined, 'f16', 'int8', 'int4'];
  for (const cutoff of cutoffs) {
    for (const weights of narrower) {
      const hyperParameters = { ...request.settings.hyperParameters, cutoffTokens: cutoff };
      const settings = { ...request.settings, hyperParameters };
      const plan = planTuning({ ...request, settings, microBatch: 1, weights: weights ?? request.weights });
      if (!plan.fits) continue;
      const changes = [
        ...(weights ? [`weights in ${weights}`] : []),
        ...(cutoff < cutoffTokens ? [`a cut-off of ${cutoff} tokens`] : []),
      ];
      if (changes.length === 0) return 'Leave out --micro-batch-tokens: smaller micro-batches would fit.';
      return `This would fit: ${changes.join(' and ')} (${(plan.totalBytes / 1e9).toFixed(1)} GB).`;
    }
  }
  return `Even weights in int4 and prompts of ${SHORTEST_CUTOFF} tokens would not fit: take a smaller model.`;
}

/**
 * Micro-batches that fit, which changes nothing that is learned: no larger than planned, and on a GPU, which has more to do at once the
 * faster it is, as large as planned where nobody chose their size.
 */
export function keptToPlan(settings: TuningSettings, { provider, microBatch, length }: MemoryPlan): TuningSettings {
  const { hyperParameters } = settings;
  const { microBatchTokens } = hyperParameters;
  const planned = microBatch * length;
  const isOpen = provider !== 'cpu' && microBatchTokens === DEFAULT_MICRO_BATCH_TOKENS;
  if (planned + length > microBatchTokens && !isOpen) return settings;
  return { ...settings, hyperParameters: { ...hyperParameters, microBatchTokens: planned } };
}

const DEFAULT_MICRO_BATCH_TOKENS = hyperParametersSchema.parse({}).microBatchTokens;

/** What is said of a plan when a tuning starts. */
export function planNotes({ totalBytes, limitBytes, checkpointing }: MemoryPlan): string[] {
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  const layers = checkpointing ? '; each layer is computed again in the backward pass' : '';
  return [`Memory: ${gigabytes(totalBytes)} GB planned of ${gigabytes(limitBytes)} GB${layers}.`];
}
