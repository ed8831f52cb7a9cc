// Items by number, and samples as the recommenders read them: the items that were liked, in their order, and the target.
import { itemKey } from '@tallrec/shared/metrics';
import type { Item, LabelledSample, Sample } from '@tallrec/shared/sample';

/** A longer history keeps its latest items. */
const MAX_LENGTH = 50;
/** Caser's tallest filter spans four. */
const MIN_LENGTH = 4;

/**
 * What was liked, in order. Sequential recommenders read positive feedback (the published code's data are clicks and purchases),
 * and published TALLRec samples keep the order within the liked items only.
 */
export function likedHistory(sample: Pick<Sample, 'history'>): Item[] {
  return sample.history.filter(({ liked }) => liked);
}

/** Positions that all of these histories fit into, within limits. */
export function historyLength(samples: readonly Sample[]): number {
  const longest = samples.reduce((max, sample) => Math.max(max, likedHistory(sample).length), 0);
  return Math.min(MAX_LENGTH, Math.max(MIN_LENGTH, longest));
}

/**
 * The items of the training samples have the numbers below `known`, which is padding; items that only other samples hold come
 * after it.
 */
export interface Catalogue {
  known: number;
  items: readonly (Item | undefined)[];
  numbers: ReadonlyMap<string, number>;
  /** [known] how often an item was liked in training, in a history or as target. */
  counts: readonly number[];
  /** Numbers of the items that training saw in histories: only their embeddings were learned. */
  read: readonly number[];
  /** Numbers of the items that were targets in training, by their answers: only their outputs were learned. */
  judged: { liked: readonly number[]; disliked: readonly number[] };
}

export function catalogueOf(train: readonly LabelledSample[]): Catalogue {
  const numbers = new Map<string, number>();
  const items: Item[] = [];
  const counts: number[] = [];
  const read = new Set<number>();
  const judged = { liked: new Set<number>(), disliked: new Set<number>() };
  const numberOf = (item: Item) => {
    const key = itemKey(item);
    const number = numbers.get(key) ?? items.length;
    if (number === items.length) {
      numbers.set(key, number);
      items.push(item);
      counts.push(0);
    }
    return number;
  };
  for (const sample of train) {
    for (const item of likedHistory(sample)) {
      const number = numberOf(item);
      read.add(number);
      counts[number]!++;
    }
    const target = numberOf(sample.target);
    judged[sample.liked ? 'liked' : 'disliked'].add(target);
    if (sample.liked) counts[target]!++;
  }
  return {
    known: items.length,
    items: [...items, undefined],
    numbers,
    counts,
    read: [...read],
    judged: { liked: [...judged.liked], disliked: [...judged.disliked] },
  };
}

/** With numbers for what else these samples hold, which training has not seen. */
export function extended(catalogue: Catalogue, samples: readonly Sample[]): Catalogue {
  const numbers = new Map(catalogue.numbers);
  const items = [...catalogue.items];
  for (const item of samples.flatMap((sample) => [...likedHistory(sample), sample.target])) {
    const key = itemKey(item);
    if (numbers.has(key)) continue;
    numbers.set(key, items.length);
    items.push(item);
  }
  return { ...catalogue, numbers, items };
}

export interface EncodedSamples {
  count: number;
  length: number;
  /** [count, length] item numbers, padded at the end. */
  histories: Int32Array;
  /** [count] */
  lengths: Int32Array;
  /** [count] */
  targets: Int32Array;
  /** [count] 1 where the target was liked. */
  labels: Float32Array;
  /** [count] */
  users: readonly (string | undefined)[];
}

/** @param catalogue holds every item of the samples */
export function encodeSamples(
  samples: readonly (Sample & { liked?: boolean | undefined })[],
  catalogue: Catalogue,
  length: number,
): EncodedSamples {
  const histories = new Int32Array(samples.length * length).fill(catalogue.known);
  const lengths = new Int32Array(samples.length);
  samples.forEach((sample, row) => {
    const latest = likedHistory(sample).slice(-length);
    lengths[row] = latest.length;
    latest.forEach((item, at) => {
      histories[row * length + at] = catalogue.numbers.get(itemKey(item))!;
    });
  });
  return {
    count: samples.length,
    length,
    histories,
    lengths,
    targets: Int32Array.from(samples, ({ target }) => catalogue.numbers.get(itemKey(target))!),
    labels: Float32Array.from(samples, ({ liked }) => (liked ? 1 : 0)),
    users: samples.map(({ user }) => user),
  };
}

/** The rows with these numbers. */
export function picked(samples: EncodedSamples, rows: readonly number[]): EncodedSamples {
  const { length } = samples;
  const histories = new Int32Array(rows.length * length);
  rows.forEach((row, at) => {
    histories.set(samples.histories.subarray(row * length, (row + 1) * length), at * length);
  });
  return {
    count: rows.length,
    length,
    histories,
    lengths: Int32Array.from(rows, (row) => samples.lengths[row]!),
    targets: Int32Array.from(rows, (row) => samples.targets[row]!),
    labels: Float32Array.from(rows, (row) => samples.labels[row]!),
    users: rows.map((row) => samples.users[row]),
  };
}
