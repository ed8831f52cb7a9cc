// The learning rate over a run: linear warm-up from zero, then linear decay to zero.

export interface Schedule {
  learningRate: number;
  warmupSteps: number;
  totalSteps: number;
}

/**
 * The rate of the update that follows `stepsDone` updates: zero for the first one when there is a warm-up.
 * Source: get_linear_schedule_with_warmup of transformers.
 */
export function learningRateAt(stepsDone: number, { learningRate, warmupSteps, totalSteps }: Schedule): number {
  if (stepsDone < warmupSteps) return (learningRate * stepsDone) / Math.max(1, warmupSteps);
  return learningRate * Math.max(0, (totalSteps - stepsDone) / Math.max(1, totalSteps - warmupSteps));
}
