// How many samples a tuning learns from and is judged by, from the numbers of its datasets alone.
import { paperSplitSizes, type Sampling } from './interactions.ts';
import type { DatasetKind } from './wire/datasets.ts';

/** Share of samples that is held out where a tuning names no validation data: one in ten, at least one. */
const HELD_OUT = 0.1;

export function heldOutCount(rows: number): number {
  return rows < 2 ? 0 : Math.max(1, Math.floor(rows * HELD_OUT));
}

export interface CountedData {
  kind: DatasetKind;
  sampling: Sampling;
  /** All that it gives. */
  samples: number;
}

/** Validation data is what was named; else the paper's split of interactions; else a tenth. */
export function tuningSamples(
  train: CountedData,
  valid: CountedData | null,
  shots: number | undefined,
): { train: number; valid: number } {
  const split = train.kind === 'interactions' ? paperSplitSizes(train.samples, train.sampling) : undefined;
  const held = split || valid ? 0 : heldOutCount(train.samples);
  const all = split ? split.train : train.samples - held;
  return {
    train: Math.min(shots ?? Number.POSITIVE_INFINITY, all),
    valid: valid ? valid.samples : (split?.valid ?? held),
  };
}
