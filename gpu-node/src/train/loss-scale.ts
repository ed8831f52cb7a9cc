// Dynamic loss scaling (Micikevicius et al., 2018), step for step as torch.amp.GradScaler does it: float16 gradients are computed of a
// loss times a scale, which halves when they overflow and doubles when they have not for long.
import { TallrecError } from '@tallrec/shared/errors';

export interface LossScale {
  scale: number;
  /** Steps since the scale was last changed. */
  goodSteps: number;
}

const INITIAL_SCALE = 2 ** 16;
const GROWTH = 2;
const BACKOFF = 0.5;
const GROWTH_INTERVAL = 2000;
/** Gradients that overflow unscaled are no matter of the scale. */
const LEAST_SCALE = 1;

export function initialLossScale(): LossScale {
  return { scale: INITIAL_SCALE, goodSteps: 0 };
}

/**
 * The scale after a step.
 * @throws TallrecError when gradients overflowed at the least scale
 */
export function nextLossScale({ scale, goodSteps }: LossScale, overflowed: boolean): LossScale {
  if (!overflowed) {
    const grows = goodSteps + 1 === GROWTH_INTERVAL;
    return grows ? { scale: scale * GROWTH, goodSteps: 0 } : { scale, goodSteps: goodSteps + 1 };
  }
  if (scale * BACKOFF >= LEAST_SCALE) return { scale: scale * BACKOFF, goodSteps: 0 };
  throw new TallrecError('ENGINE_FAILED', 'Gradients are too large for float16, however little the loss is scaled.', {
    fix: 'Lower the learning rate, or compute in f32.',
  });
}

export function areFinite(gradients: ReadonlyMap<string, Float32Array>): boolean {
  return [...gradients.values()].every((gradient) => gradient.every(Number.isFinite));
}
