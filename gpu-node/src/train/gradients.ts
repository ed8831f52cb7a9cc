// Gradients of micro-batches, summed up to those of a batch.
import { IGNORED_LABEL, type LabelledRow } from '../llama/model.ts';

/** How many tokens of the rows are to be predicted. */
export function labelledTokens(rows: readonly Pick<LabelledRow, 'labels'>[]): number {
  return rows.reduce((sum, { labels }) => sum + labels.filter((label) => label !== IGNORED_LABEL).length, 0);
}

/** Adds `part` to `sums` in place; what is not yet there is copied. */
export function addGradients(sums: Map<string, Float32Array>, part: ReadonlyMap<string, Float32Array>): void {
  for (const [name, gradient] of part) {
    const sum = sums.get(name);
    if (!sum) sums.set(name, gradient.slice());
    else for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + gradient[i]!;
  }
}
