// Rows of tokens as one micro-batch: what all begin with once, then what is left of each, padded on the right to one length.
import { TallrecError } from '@tallrec/shared/errors';
import type { Tensor } from '../graph/execution.ts';
import type { LlamaConfig } from './config.ts';
import { IGNORED_LABEL, type LabelledRow, type MarginSlopes } from './model.ts';
import { rotaryFeeds } from './rope.ts';

/** Any token does: none that counts can see it. */
const PADDING = 0;

export interface MicroBatch {
  rows: number;
  /** Tokens that all rows begin with: the first `prefix` of the micro-batch; may be none. */
  prefix: number;
  /** Tokens of each row after those, with padding. */
  length: number;
  /** `prefix` int64 [P] where it is not empty, `tokens` int64 [B, T], `position_ids` int64 [P+B·T] and the rotary angles. */
  feeds: Record<string, Tensor>;
}

export interface PaddingOptions {
  /** Whether tokens that all rows begin with are laid out once. */
  sharePrefix: boolean;
  /** Rows are padded so that their tokens, the shared ones counted, are a multiple of it; 1 when left out. */
  alignTo?: number;
}

/**
 * @throws RangeError when there is no row, or a row is empty or too long for the model; TallrecError for a token it does not have
 */
export function padRows(
  rows: readonly (readonly number[])[],
  config: LlamaConfig,
  { sharePrefix, alignTo = 1 }: PaddingOptions,
): MicroBatch {
  checkRows(rows, config);
  const prefix = sharePrefix ? sharedPrefix(rows) : 0;
  const longest = Math.max(...rows.map((row) => row.length));
  const length = Math.ceil(longest / alignTo) * alignTo - prefix;
  const data = new BigInt64Array(rows.length * length).fill(BigInt(PADDING));
  rows.forEach((row, r) => {
    data.set(row.slice(prefix).map(BigInt), r * length);
  });
  const batch: MicroBatch = { rows: rows.length, prefix, length, feeds: {} };
  const positions = places(batch).map(({ position }) => position);
  batch.feeds = {
    ...(prefix > 0 ? { prefix: int64(rows[0]!.slice(0, prefix)) } : {}),
    tokens: { type: 'int64', dims: [rows.length, length], data },
    position_ids: int64(positions),
    ...rotaryFeeds(config, prefix + length),
  };
  return batch;
}

/** How many tokens all rows begin with, short of the shortest row's last: each row keeps one of its own. */
export function sharedPrefix(rows: readonly (readonly number[])[]): number {
  const [first, ...others] = rows;
  if (!first) return 0;
  const longest = Math.min(...rows.map((row) => row.length)) - 1;
  let length = 0;
  while (length < longest && others.every((row) => row[length] === first[length])) length++;
  return length;
}

export interface Place {
  row: number;
  position: number;
}

/** The row and position of each token of the micro-batch in the order they lie in; shared ones count as the first row's. */
export function places({ rows, prefix, length }: Omit<MicroBatch, 'feeds'>): Place[] {
  const shared = Array.from({ length: prefix }, (_, position) => ({ row: 0, position }));
  const own = Array.from({ length: rows * length }, (_, i) => {
    return { row: Math.trunc(i / length), position: prefix + (i % length) };
  });
  return [...shared, ...own];
}

/** Where a row's token lies in the micro-batch. */
function tokenIndex({ prefix, length }: MicroBatch, { row, position }: Place): number {
  return position < prefix ? position : prefix + row * length + (position - prefix);
}

function checkRows(rows: readonly (readonly number[])[], { vocabSize, maxPositionEmbeddings }: LlamaConfig): void {
  const longest = Math.max(0, ...rows.map((row) => row.length));
  if (longest > maxPositionEmbeddings) {
    throw new RangeError(`a row has ${longest} tokens, the model takes at most ${maxPositionEmbeddings}`);
  }
  rows.forEach((row, r) => {
    if (row.length === 0) throw new RangeError(`row ${r} has no token`);
    row.forEach((token, t) => {
      if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
        throw new TallrecError(
          'MODEL_UNSUPPORTED',
          `Row ${r}, token ${t}: ${token} is not in the model's vocabulary of ${vocabSize}.`,
          { fix: 'Check that tokenizer.json belongs to these weights.' },
        );
      }
    });
  });
  if (rows.length === 0) throw new RangeError('a micro-batch needs at least one row');
}

/** Indices of each row's last token, int64 [rows]. */
export function lastPositions(rows: readonly (readonly number[])[], batch: MicroBatch): Tensor {
  return int64(rows.map(({ length }, row) => tokenIndex(batch, { row, position: length - 1 })));
}

export interface LabelledPositions {
  /** Of the token before each labelled one, whose hidden state predicts it. */
  positions: number[];
  labels: number[];
}

export function labelledPositions(rows: readonly LabelledRow[], batch: MicroBatch): LabelledPositions {
  const positions: number[] = [];
  const labels: number[] = [];
  rows.forEach((row, r) => {
    if (row.labels.length !== row.tokens.length) {
      throw new RangeError(`row ${r} has ${row.tokens.length} tokens and ${row.labels.length} labels`);
    }
    for (let t = 1; t < row.labels.length; t++) {
      if (row.labels[t] === IGNORED_LABEL) continue;
      positions.push(tokenIndex(batch, { row: r, position: t - 1 }));
      labels.push(row.labels[t]!);
    }
  });
  return { positions, labels };
}

/**
 * Margins as losses that the gradient graph knows: nll(no) − nll(yes) at one position is logit(yes) − logit(no), so each margin is two
 * labels of opposite weights there.
 */
export function marginPositions(
  { yes, no, rows }: MarginSlopes,
  batch: MicroBatch,
): LabelledPositions & { weights: number[] } {
  const made: LabelledPositions & { weights: number[] } = { positions: [], labels: [], weights: [] };
  rows.forEach(({ at, slope }, row) => {
    if (slope === 0) return;
    const position = tokenIndex(batch, { row, position: at - 1 });
    made.positions.push(position, position);
    made.labels.push(no, yes);
    made.weights.push(slope, -slope);
  });
  return made;
}

export function float32s(numbers: readonly number[]): Tensor {
  return { type: 'float32', dims: [numbers.length], data: Float32Array.from(numbers) };
}

export function int64(numbers: readonly number[]): Tensor {
  return { type: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers, BigInt) };
}
