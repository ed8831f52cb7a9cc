// Loads a model of the store as it was decided to compute with it.
import type { Runtime } from '../graph/execution.ts';
import { type LoadOptions, loadLanguageModel } from '../llama/load.ts';
import type { LanguageModel } from '../llama/model.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { type Compute, computedWeights, computeType, convertedWeights } from './converted-weights.ts';
import type { ModelPlace } from './store.ts';

/** What a model computes with, as `planCompute` decides it. */
export interface ComputeChoice {
  runtime: Runtime;
  /** As stored when undefined. */
  weights: WeightFormat | undefined;
  compute: Compute;
}

export interface LoadModelOptions extends Pick<LoadOptions, 'checkpointing'> {
  /** Where converted weights are kept. */
  home: string;
}

/** @throws TallrecError as `loadLanguageModel` does */
export function loadModel(
  place: Pick<ModelPlace, 'dir' | 'contentHash'>,
  { runtime, weights, compute }: ComputeChoice,
  { home, ...options }: LoadModelOptions,
): Promise<LanguageModel> {
  return loadLanguageModel(place.dir, runtime, {
    weights: convertedWeights(home, place, weights),
    int8File: computedWeights(home, place, compute),
    compute: computeType(compute),
    ...options,
  });
}
