// A tuning's events on their way out of the engine: each is one that a frame can hold.
import { TallrecError } from '@tallrec/shared/errors';
import type { TuningEvent } from '@tallrec/shared/tuning';
import type { TuneOutcome } from '../train/tune.ts';

/** @throws TallrecError ENGINE_FAILED where an event holds a number that is none, as a run that has diverged does */
export async function followTuning(
  run: AsyncGenerator<TuningEvent, TuneOutcome>,
  tell: (event: TuningEvent) => void,
): Promise<TuneOutcome> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    const event = next.value;
    if (Object.values(event).some((value) => typeof value === 'number' && !Number.isFinite(value))) {
      const what = event.type === 'evaluated' ? 'The validation loss' : 'The loss or its gradient';
      throw new TallrecError('ENGINE_FAILED', `${what} is no longer a number at step ${event.step}.`, {
        fix: 'Lower learningRate, or clipNorm.',
      });
    }
    tell(event);
  }
}
