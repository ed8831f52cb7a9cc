// Splits rows into micro-batches of like length, so that little is padded.
import { sharedPrefix } from './micro-batch.ts';

/**
 * @param rows token ids
 * @param tokens most tokens of a micro-batch, its padding counted; a longer row goes alone
 * @param sharePrefix whether the tokens that all rows begin with count once a micro-batch, since they are computed once
 * @returns the rows' indices, shortest rows first, rows of one length in their order
 */
export function microBatches(
  rows: readonly (readonly number[])[],
  tokens: number,
  { sharePrefix }: { sharePrefix: boolean },
): number[][] {
  const prefix = sharePrefix ? sharedPrefix(rows) : 0;
  const order = rows.map((_, index) => index).sort((a, b) => rows[a]!.length - rows[b]!.length || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    if (batch.length > 0 && prefix + (rows[index]!.length - prefix) * (batch.length + 1) > tokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
