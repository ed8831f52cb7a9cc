import type { TuningEvent } from '@tallrec/shared/tuning';
import { nodeEventSchema } from '@tallrec/shared/wire/jobs';
import { expect, it } from 'vitest';
import type { TuneOutcome } from '../train/tune.ts';
import { followTuning } from './follow-tuning.ts';

const outcome = { blend: null } as TuneOutcome;
async function* run(...events: TuningEvent[]): AsyncGenerator<TuningEvent, TuneOutcome> {
  yield* events;
  return outcome;
}
const step = (changes: object = {}): TuningEvent => ({
  ...{ type: 'step', step: 3, totalSteps: 9, epoch: 0.5, loss: 0.7, learningRate: 1e-4, gradientNorm: 1 },
  ...{ tokensPerSecond: 100, etaMs: 10, ...changes },
});
const evaluated = (validLoss: number): TuningEvent => ({
  ...{ type: 'evaluated', step: 3, validAuc: null, validPerUserAuc: null, validLoss, best: false },
});

it('hands on every event, and the outcome', async () => {
  const told: TuningEvent[] = [];
  expect(await followTuning(run(step(), evaluated(0.6)), (event) => told.push(event))).toBe(outcome);
  expect(told).toEqual([step(), evaluated(0.6)]);
});

it.each([
  [step({ loss: Number.NaN }), /loss or its gradient is no longer a number at step 3/],
  [step({ gradientNorm: Number.POSITIVE_INFINITY }), /loss or its gradient is no longer a number at step 3/],
  [evaluated(Number.NaN), /validation loss is no longer a number at step 3/],
  [evaluated(Number.POSITIVE_INFINITY), /validation loss is no longer a number at step 3/],
])(
  'ends a tuning whose numbers are none, in words and not in a frame that cannot be read: %#',
  async (event, words) => {
    const told: TuningEvent[] = [];
    const ended = followTuning(run(step(), event), (one) => told.push(one));
    await expect(ended).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: words });
    expect(told).toEqual([step()]);
    expect(nodeEventSchema.safeParse(JSON.parse(JSON.stringify(event))).success).toBe(false);
  },
);
