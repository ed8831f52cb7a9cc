// Scores rows slice by slice. Slices are cut by the rows' places alone, so that an evaluation which was broken off and goes on
// after its last whole slice computes the very same micro-batches, and gives the very same numbers.
import { TallrecError } from '@tallrec/shared/errors';
import { readScores, type ScoredRows, type ScoresCheckpoint, writeScores } from './scores-checkpoint.ts';

/** Rows are sorted by length within a slice: enough for micro-batches with little padding, few enough to be done again. */
export const SLICE_ROWS = 256;

const CHECKPOINT_EVERY_MS = 2000;
/** Writing takes no more than this share of the time. */
const WRITING_SHARE = 0.1;

/** @param earlier rows of `done` that an earlier run had scored */
export type OnScored = (done: number, total: number, earlier?: number) => void;

export interface SliceOptions {
  rows: number;
  /** Numbers a row. */
  columns: number;
  /** @returns [to - from, columns] numbers, row after row */
  score: (
    from: number,
    to: number,
    onProgress: (done: number) => void,
  ) => Promise<{ values: readonly number[]; tokens: number }>;
  checkpoint?: ScoresCheckpoint | undefined;
  /** When aborted the slice at hand is the last. */
  stop?: AbortSignal | undefined;
  onProgress?: OnScored | undefined;
  clock?: (() => number) | undefined;
}

/**
 * @returns the numbers of all rows, or when it was stopped of those from the first on that were scored by then
 * @throws TallrecError CANCELLED when it was stopped before any was, and whatever `score` throws
 */
export async function scoreInSlices({
  rows,
  columns,
  score,
  checkpoint,
  stop,
  onProgress,
  clock = () => performance.now(),
}: SliceOptions): Promise<ScoredRows> {
  const earlier = checkpoint && (await readScores(checkpoint));
  const scored: ScoredRows = { rows: 0, tokens: 0, durationMs: 0, columns, values: new Float64Array(rows * columns) };
  if (earlier && earlier.columns === columns && earlier.rows <= rows) {
    const { values, ...known } = earlier;
    scored.values.set(values);
    Object.assign(scored, known);
    onProgress?.(known.rows, rows, known.rows);
  }
  const before = scored.rows;
  let [writtenAt, pauseMs] = [clock(), checkpoint?.everyMs ?? CHECKPOINT_EVERY_MS];
  while (scored.rows < rows && !stop?.aborted) {
    const from = scored.rows;
    const to = Math.min(from + SLICE_ROWS, rows);
    const startedAt = clock();
    const { values, tokens } = await score(from, to, (done) => onProgress?.(from + done, rows, before));
    scored.values.set(values, from * columns);
    scored.rows = to;
    scored.tokens += tokens;
    scored.durationMs += clock() - startedAt;
    if (!checkpoint || to === rows || clock() - writtenAt < pauseMs) continue;
    const writingAt = clock();
    await writeScores(checkpoint, scored);
    writtenAt = clock();
    pauseMs = Math.max(checkpoint.everyMs ?? CHECKPOINT_EVERY_MS, (writtenAt - writingAt) / WRITING_SHARE);
  }
  if (scored.rows === 0 && rows > 0) {
    throw new TallrecError(
      'CANCELLED',
      'The evaluation was stopped before any row was scored: it has nothing to report.',
    );
  }
  return scored;
}
