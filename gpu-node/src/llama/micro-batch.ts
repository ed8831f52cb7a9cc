// Rows of tokens, padded on the right to one length, and the positions whose hidden states are wanted.
import type { Tensor } from '../graph/execution.ts';
import type { LlamaConfig } from './config.ts';
import { IGNORED_LABEL, type LabelledRow } from './model.ts';
import { rotaryFeeds } from './rope.ts';

/** Any token does: none that counts can see it. */
const PADDING = 0;

export interface MicroBatch {
  rows: number;
  length: number;
  /** `tokens` int64 [rows, length] and the rotary angles of so many positions. */
  feeds: Record<string, Tensor>;
}

/** @throws RangeError when there is no row, or a row is empty, too long for the model or holds no token of its vocabulary */
export function padRows(rows: readonly (readonly number[])[], config: LlamaConfig): MicroBatch {
  const { vocabSize, maxPositionEmbeddings } = config;
  const length = Math.max(0, ...rows.map((row) => row.length));
  if (length > maxPositionEmbeddings) {
    throw new RangeError(`a row has ${length} tokens, the model takes at most ${maxPositionEmbeddings}`);
  }
  const data = new BigInt64Array(rows.length * length).fill(BigInt(PADDING));
  rows.forEach((row, r) => {
    if (row.length === 0) throw new RangeError(`row ${r} has no token`);
    row.forEach((token, t) => {
      if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
        throw new RangeError(`row ${r}, token ${t}: ${token} is not in a vocabulary of ${vocabSize}`);
      }
      data[r * length + t] = BigInt(token);
    });
  });
  if (rows.length === 0) throw new RangeError('a micro-batch needs at least one row');
  const tokens: Tensor = { type: 'int64', dims: [rows.length, length], data };
  return { rows: rows.length, length, feeds: { tokens, ...rotaryFeeds(config, length) } };
}

/** Indices of each row's last token, int64 [rows]. */
export function lastPositions(rows: readonly (readonly number[])[], length: number): Tensor {
  return int64(rows.map((row, r) => r * length + row.length - 1));
}

export interface LabelledPositions {
  labelled: number;
  /** int64 [N]: the token before each labelled one, whose hidden state predicts it. */
  positions: Tensor;
  /** int64 [N] */
  labels: Tensor;
}

export function labelledPositions(rows: readonly LabelledRow[], length: number): LabelledPositions {
  const positions: number[] = [];
  const labels: number[] = [];
  rows.forEach((row, r) => {
    if (row.labels.length !== row.tokens.length) {
      throw new RangeError(`row ${r} has ${row.tokens.length} tokens and ${row.labels.length} labels`);
    }
    for (let t = 1; t < row.labels.length; t++) {
      if (row.labels[t] === IGNORED_LABEL) continue;
      positions.push(r * length + t - 1);
      labels.push(row.labels[t]!);
    }
  });
  return { labelled: labels.length, positions: int64(positions), labels: int64(labels) };
}

export function int64(numbers: readonly number[]): Tensor {
  return { type: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers, BigInt) };
}
