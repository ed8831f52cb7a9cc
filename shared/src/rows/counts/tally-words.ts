// Words for what is odd in the rows that were counted.
import type { DatasetKind, DatasetProfile } from '../../wire/datasets.ts';

export const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const REPEATED: Record<DatasetKind, (count: number) => string> = {
  interactions: (count) =>
    `${counted(count, 'rating is', 'ratings are')} of an item that the same user has rated before`,
  samples: (count) => `${counted(count, 'row is', 'rows are')} repeated`,
  instructions: (count) => `${counted(count, 'row is', 'rows are')} repeated`,
  items: (count) => `${counted(count, 'row is', 'rows are')} of an item that has come before`,
  'item-facts': (count) =>
    `${counted(count, 'row is', 'rows are')} of an item that has come before, of which the first row counts`,
};

/** What says "not rated" below a scale that ends between these. */
const UNRATED = [0, -1];
const [LEAST_OF_SCALE, MOST_OF_SCALE] = [4, 10];

/** Ratings below the scale of all others, which rather say that there is none. */
export function belowScale([lowest, next, ...more]: NonNullable<DatasetProfile['ratings']>): string | null {
  if (!lowest || !next || lowest.from !== lowest.to || !UNRATED.includes(lowest.from)) return null;
  const most = (more.at(-1) ?? next).to;
  if (next.from < 0.5 || most < LEAST_OF_SCALE || most > MOST_OF_SCALE) return null;
  return `${counted(lowest.count, 'rating is', 'ratings are')} ${lowest.from} among ratings from ${next.from} to ${most}, and counted as not liked. Where ${lowest.from} says "not rated", as ${lowest.from === 0 ? 'in Book-Crossing' : 'in lists of anime'}, say so: unrated ${lowest.from} leaves these rows out.`;
}
