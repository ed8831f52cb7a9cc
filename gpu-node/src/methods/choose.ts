// Hyper-parameters are chosen by the AUC on validation samples, the first of equals.
import { auc } from '@tallrec/shared/metrics';
import type { LabelledSample, Sample } from '@tallrec/shared/sample';
import { throwIfCancelled } from './cancelled.ts';
import type { FitOptions } from './method.ts';

export interface Candidate<T> {
  fitted: T;
  validAuc: number | null;
}

/** @returns the AUC, null where a class is missing */
export function validationAuc(valid: readonly LabelledSample[], score: (sample: Sample) => number): number | null {
  return auc(valid.map((sample) => ({ score: score(sample), liked: sample.liked })));
}

/**
 * @param grid at least one setting
 * @param attempt fits one setting and judges it on the validation samples
 * @throws TallrecError CANCELLED when aborted between two settings
 */
export async function bestOnValidation<S, T>(
  grid: readonly S[],
  attempt: (setting: S) => Candidate<T> | Promise<Candidate<T>>,
  { signal, onProgress }: Pick<FitOptions, 'signal' | 'onProgress'>,
): Promise<Candidate<T> & { setting: S }> {
  let best: (Candidate<T> & { setting: S }) | undefined;
  for (const [index, setting] of grid.entries()) {
    throwIfCancelled(signal);
    const candidate = await attempt(setting);
    if (!best || (candidate.validAuc ?? 0) > (best.validAuc ?? 0)) best = { ...candidate, setting };
    onProgress?.(index + 1, grid.length);
    // Lets an interrupt in between fits that never wait.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!best) throw new RangeError('there is nothing to choose from');
  return best;
}
