// How long a tuning takes at a speed that was measured.
import type { TuningSettings } from '@tallrec/shared/tuning';
import { evaluationsUpTo, stepsPerEpoch, tuningSteps } from '@tallrec/shared/tuning-steps';
import type { TimeEstimate } from '@tallrec/shared/wire/node-api';
import type { KnownSpeed } from './speeds.ts';

export interface PlannedRows {
  settings: TuningSettings;
  samples: { train: number; valid: number };
  tokensPerSample: number;
}

type Speed = Pick<KnownSpeed, 'stepMs' | 'tokenMs' | 'evaluatedTokensPerSecond' | 'otherMs'>;

export function tuningTime(speed: Speed, { settings, samples, tokensPerSample }: PlannedRows): TimeEstimate {
  const { hyperParameters } = settings;
  const steps = tuningSteps(hyperParameters, samples.train);
  const stepTokens = (samples.train / stepsPerEpoch(samples.train, hyperParameters.batchSize)) * tokensPerSample;
  const stepMs = speed.stepMs + speed.tokenMs * stepTokens;
  const tokensPerSecond = (1000 * stepTokens) / stepMs;
  // Nothing was judged where the speed was measured: then no slower than it learns.
  const judgedPerSecond = speed.evaluatedTokensPerSecond ?? tokensPerSecond;
  const evaluationMs = (1000 * samples.valid * tokensPerSample) / judgedPerSecond;
  const untilStep = (step: number) => {
    return speed.otherMs + step * stepMs + evaluationsUpTo(step, steps) * evaluationMs;
  };
  return {
    leastMs: untilStep(samples.valid > 0 ? steps.least : steps.total),
    mostMs: untilStep(steps.total),
    tokensPerSecond,
  };
}
