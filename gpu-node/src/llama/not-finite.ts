// A base model that gives no finite numbers, whatever is asked of it.
import { TallrecError } from '@tallrec/shared/errors';
import type { LanguageModel } from './model.ts';

/** @param what it gives: `logits`, `loss` */
export function notFiniteBase({ lossScaling }: Pick<LanguageModel, 'lossScaling'>, what: string): TallrecError {
  const inFloat16 = lossScaling
    ? ', or compute in float32 (--compute f32) where its activations are too large for float16'
    : '';
  return new TallrecError('ENGINE_FAILED', `The base model itself, without an adapter, gives no finite ${what}.`, {
    fix: `Fetch or convert its checkpoint again: its weights hold values that are no numbers, or too large${inFloat16}.`,
  });
}
