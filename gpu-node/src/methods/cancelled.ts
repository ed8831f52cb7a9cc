// How a method ends when its signal does.
import { TallrecError } from '@tallrec/shared/errors';

/** @throws TallrecError CANCELLED once the signal is aborted */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TallrecError('CANCELLED', 'The work was cancelled.');
}
