// How far a tuning goes, from its recipe and the number of its samples: steps at most, when it is judged, when it may end by itself.
import type { HyperParameters } from './tuning.ts';

export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/** Optimizer steps between two evaluations in TALLRec's code: 10, and above 128 shots K / 128 · 5. */
export function evaluationInterval(shots: number): number {
  return shots > 128 ? Math.round((shots / 128) * 5) : 10;
}

export interface TuningSteps {
  /** At most. */
  total: number;
  /** Between two evaluations. */
  every: number;
  /** The first at which its patience can end it: it was best at its first evaluation, and never again. */
  least: number;
}

export function tuningSteps(
  hyperParameters: Pick<
    HyperParameters,
    'batchSize' | 'epochs' | 'evaluateEverySteps' | 'maxSteps' | 'patience' | 'warmupSteps'
  >,
  trainSamples: number,
): TuningSteps {
  const { batchSize, epochs, evaluateEverySteps, maxSteps, patience, warmupSteps } = hyperParameters;
  const total = Math.min(maxSteps ?? Number.POSITIVE_INFINITY, epochs * stepsPerEpoch(trainSamples, batchSize));
  const every = evaluateEverySteps ?? evaluationInterval(trainSamples);
  // A first step at a rate of zero moves nothing, and what has not moved is not judged.
  const first = every * Math.ceil((warmupSteps > 0 ? 2 : 1) / every);
  return { total, every, least: Math.min(total, first + patience * every) };
}

/** How often it is judged on the way to a step at which it ends. */
export function evaluationsUpTo(step: number, { every, total }: TuningSteps): number {
  return step === total ? Math.ceil(step / every) : Math.floor(step / every);
}
