// Splits rows into micro-batches of like length, so that little is padded.

/**
 * @param lengths tokens of each row
 * @param tokens most tokens of a micro-batch, its padding counted; a longer row goes alone
 * @returns the rows' indices, shortest rows first, rows of one length in their order
 */
export function microBatches(lengths: readonly number[], tokens: number): number[][] {
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    if (batch.length > 0 && lengths[index]! * (batch.length + 1) > tokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
