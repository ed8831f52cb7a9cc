// All that a training run is at one moment; with it a run goes on bit for bit where it stood.
import type { Random } from '@tallrec/shared/random';
import type { TuningEvent } from '@tallrec/shared/tuning';
import type { LoraAdapter } from '../llama/lora.ts';
import { type AdamWState, createAdamW } from './adamw.ts';
import type { LossScale } from './loss-scale.ts';

export interface Validation {
  /** Null where a class is missing or the stage has none. */
  auc: number | null;
  /** Mean over the users who have both answers; null without any. */
  perUserAuc: number | null;
  loss: number;
}

export interface TrainingState {
  /** Optimizer steps done. */
  step: number;
  epoch: number;
  /** Batches of this epoch already used. */
  cursor: number;
  /** Seeds this epoch's shuffle; drawn from the generator. */
  epochSeed: number;
  random: Random;
  adapter: LoraAdapter;
  optimizer: AdamWState;
  /** Of a model whose gradients are computed in float16. */
  lossScale?: LossScale | undefined;
  best: (Validation & { step: number; adapter: LoraAdapter }) | undefined;
  /** The step that was last evaluated, 0 for none. */
  evaluatedStep: number;
  evaluationsWithoutGain: number;
  tokens: number;
  durationMs: number;
  events: TuningEvent[];
}

/** @param random is used on by the run */
export function initialState(adapter: LoraAdapter, random: Random): TrainingState {
  return {
    step: 0,
    epoch: 0,
    cursor: 0,
    epochSeed: drawSeed(random),
    random,
    adapter,
    optimizer: createAdamW(adapter.tensors),
    best: undefined,
    evaluatedStep: 0,
    evaluationsWithoutGain: 0,
    tokens: 0,
    durationMs: 0,
    events: [],
  };
}

export function drawSeed(random: Random): number {
  return random.integer(0, 0x7fff_ffff);
}
