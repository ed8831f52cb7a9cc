// Ratings as they come in, and the samples that TALLRec's paper makes of them.
import { z } from 'zod';
import { LIMITS } from './limits.ts';
import {
  creatorSchema,
  DEFAULT_NOUN,
  dataIdSchema,
  type HistoryItem,
  type LabelledSample,
  nounSchema,
  titleSchema,
} from './sample.ts';

/** Columns of an interactions file, by their names in CSV headers and JSONL keys. */
export const interactionSchema = z.object({
  user: dataIdSchema('a user id may not be empty'),
  item: dataIdSchema('an item id may not be empty'),
  title: titleSchema,
  rating: z.number(),
  /** Unix time in seconds. */
  time: z.number(),
  by: creatorSchema.optional(),
});
export type Interaction = z.infer<typeof interactionSchema>;

const part = z.number().int().min(0).max(9999);

/** Sizes of train, valid and test, in proportion; the paper's are 8:1:1. */
export const splitPartsSchema = z
  .tuple([part, part, part])
  .refine(
    ([train, valid, test]) => train > 0 && valid + test > 0,
    'train and one of the others need a part of their own',
  )
  .meta({ minItems: 3, maxItems: 3 });
export type SplitParts = z.infer<typeof splitPartsSchema>;
const PAPER_PARTS: SplitParts = [8, 1, 1];

export const samplingSchema = z.object({
  historyLength: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.historyItems)
    .default(10)
    .describe('Items of history before each target.'),
  likedAbove: z
    .number()
    .default(3)
    .describe('A rating above this is a like: 3 of 5 for MovieLens, 5 of 10 for BookCrossing.'),
  unrated: z
    .number()
    .optional()
    .describe('A rating that says "not rated", as 0 in Book-Crossing: such rows are left out.'),
  noun: nounSchema.default(DEFAULT_NOUN),
  parts: splitPartsSchema
    .default(PAPER_PARTS)
    .describe("Sizes of train, valid and test, in proportion; the paper's are 8:1:1."),
});
export type Sampling = z.infer<typeof samplingSchema>;

/** What each user rated, in order of time (stable), users in order of first appearance; what is not rated is left out. */
export function historiesByUser(
  interactions: Iterable<Interaction>,
  { likedAbove, unrated }: Pick<Sampling, 'likedAbove' | 'unrated'>,
): Map<string, HistoryItem[]> {
  const byUser = new Map<string, Interaction[]>();
  for (const interaction of interactions) {
    if (interaction.rating === unrated) continue;
    const own = byUser.get(interaction.user);
    if (own) own.push(interaction);
    else byUser.set(interaction.user, [interaction]);
  }
  const histories = new Map<string, HistoryItem[]>();
  for (const [user, own] of byUser) {
    own.sort((a, b) => a.time - b.time);
    histories.set(
      user,
      own.map(({ title, by, item, rating, time }) => ({
        title,
        ...(by === undefined ? {} : { by }),
        id: item,
        at: time,
        liked: rating > likedAbove,
      })),
    );
  }
  return histories;
}

/**
 * TALLRec's samples: ratings are grouped by user in order of first appearance and sorted by time (stable); every position with
 * a full history before it gives one sample.
 * Source: the published preprocessing of MovieLens-100K, which this reproduces byte for byte.
 */
export function buildSamples(interactions: Iterable<Interaction>, sampling: Sampling): LabelledSample[] {
  const samples: LabelledSample[] = [];
  for (const [user, events] of historiesByUser(interactions, sampling)) {
    for (let at = sampling.historyLength; at < events.length; at++) {
      const { liked, ...target } = events[at]!;
      const history = events.slice(at - sampling.historyLength, at);
      samples.push({ user, noun: sampling.noun, history, target, liked });
    }
  }
  return samples;
}

export interface SampleSplit {
  train: LabelledSample[];
  valid: LabelledSample[];
  test: LabelledSample[];
}

/** Of a list of samples: how many lie before those that are split, and how many go to each part. */
export interface SplitSizes {
  unused: number;
  train: number;
  valid: number;
  test: number;
}

interface SplitOptions {
  last?: number;
  parts?: SplitParts;
}

export function paperSplitSizes(
  samples: number,
  { last = 10_000, parts = PAPER_PARTS }: SplitOptions = {},
): SplitSizes {
  const kept = Math.min(samples, last);
  const whole = parts[0] + parts[1] + parts[2];
  const train = Math.floor((kept * parts[0]) / whole);
  const validEnd = Math.floor((kept * (parts[0] + parts[1])) / whole);
  return { unused: samples - kept, train, valid: validEnd - train, test: kept - validEnd };
}

/** The paper's split: the last 10,000 samples of the list, 8:1:1 in order. */
export function paperSplit(samples: readonly LabelledSample[], options: SplitOptions = {}): SampleSplit {
  const { unused, train, valid } = paperSplitSizes(samples.length, options);
  const validFrom = unused + train;
  const testFrom = validFrom + valid;
  return {
    train: samples.slice(unused, validFrom),
    valid: samples.slice(validFrom, testFrom),
    test: samples.slice(testFrom),
  };
}
