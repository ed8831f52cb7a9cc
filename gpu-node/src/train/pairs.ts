// Pairs within users: of a liked and a disliked target of one user the first should get the larger margin between Yes and No. What is
// learned so is which film a user prefers, and not how much they like films at large (the loss is that of BPR, Rendle et al., 2009).
import { Random } from '@tallrec/shared/random';
import type { LabelledRow } from '../llama/model.ts';
import { softplus } from './softplus.ts';

/** A row of one user's answer; without a user it is in no pair. */
export interface AnsweredRow extends LabelledRow {
  user?: string | undefined;
  liked: boolean;
  /** Index of the answer's first token. */
  answerAt: number;
}

/** Indices of a liked and of a disliked row of one user. */
export type Pair = readonly [liked: number, disliked: number];

/** All pairs among the rows. */
export function pairsOf(rows: readonly AnsweredRow[]): Pair[] {
  const pairs: Pair[] = [];
  rows.forEach((one, i) => {
    if (!one.liked || one.user === undefined) return;
    rows.forEach((other, j) => {
      if (!other.liked && other.user === one.user) pairs.push([i, j]);
    });
  });
  return pairs;
}

/**
 * The rows' order in an epoch: at random, but a user's liked rows beside their disliked ones, two and two as far as they go, so that
 * batches hold pairs. A pair that does not fit into what is left of a batch waits for the next, where single rows can fill the gap.
 * @returns each index once
 */
export function pairedOrder(rows: readonly AnsweredRow[], batchSize: number, seed: number): number[] {
  const random = Random.seeded(seed);
  const shuffled = random.shuffle(rows.map((_, index) => index));
  const waiting = new Map<string, number[]>();
  const [singles, pairs]: [number[], [number, number][]] = [[], []];
  for (const index of shuffled) {
    const { user, liked } = rows[index]!;
    if (user === undefined) {
      singles.push(index);
      continue;
    }
    const others = waiting.get(`${!liked}=${user}`);
    const other = others?.pop();
    if (other !== undefined) {
      pairs.push([other, index]);
      continue;
    }
    const own = waiting.get(`${liked}=${user}`);
    if (own) own.push(index);
    else waiting.set(`${liked}=${user}`, [index]);
  }
  for (const left of waiting.values()) singles.push(...left);
  const units = random.shuffle<readonly number[]>([...pairs, ...singles.map((index) => [index])]);
  const order: number[] = [];
  while (units.length > 0) {
    const room = batchSize - (order.length % batchSize);
    const fitting = units.findIndex((unit) => unit.length <= room);
    order.push(...units.splice(Math.max(0, fitting), 1)[0]!);
  }
  return order;
}

/**
 * Mean over the pairs of log(1 + exp(m_disliked − m_liked)).
 * @param margins logit of Yes less logit of No, one a row
 * @returns the mean, 0 where there is no pair, and its derivative by each row's margin
 */
export function pairLoss(margins: readonly number[], pairs: readonly Pair[]): { loss: number; slopes: number[] } {
  const slopes = margins.map(() => 0);
  let loss = 0;
  for (const [liked, disliked] of pairs) {
    const behind = margins[disliked]! - margins[liked]!;
    loss += softplus(behind) / pairs.length;
    const slope = 1 / (1 + Math.exp(-behind)) / pairs.length;
    slopes[liked]! -= slope;
    slopes[disliked]! += slope;
  }
  return { loss, slopes };
}
