// Weights of a ranking within users: pairwise logistic loss, no weight below zero, drawn to a prior where users are few.

import { softplus } from '../train/softplus.ts';

export interface RankedRow {
  features: readonly number[];
  liked: boolean;
  /** Rows without one make no pairs. */
  user: string | undefined;
}

export interface RankWeightsFit {
  /** One a feature, in the features' own units; none below zero. */
  weights: number[];
  /** Users with both a liked and a disliked row, which alone are learned from. */
  users: number;
}

export interface RankPrior {
  /** Of every weight, for a feature in units of its standard deviation. */
  weight: number;
  /** How many users' pairs it weighs as much as. */
  strength: number;
}

/** By validation users, among others: see `docs/results.md`. */
export const RANK_PRIOR: RankPrior = { weight: 0.3, strength: 3 };

const MAX_STEPS = 100;
/** Of a step of the line search. */
const SHORTEST = 1e-4;
/** Of a weight for a standardised feature. */
const TOLERANCE = 1e-8;

/**
 * Minimises Σᵤ meanₚ log(1 + exp(−w·(x⁺ − x⁻))) + strength/2 Σ (wⱼ − prior)² over w ≥ 0: u runs over users, p over the pairs of a liked
 * and a disliked row of u, x is in units of the features' standard deviations. It is strictly convex. The mean over pairs within a
 * user is the logistic bound of one minus that user's AUC, so each user counts once, as in the AUC within users.
 * A feature that never varies gets the weight 0.
 * Source of the pairwise loss: RankNet (Burges et al., ICML 2005); of the bounded Newton steps: Bertsekas (SIAM J. Control 1982).
 * @throws RangeError on a feature that is not finite
 */
export function fitRankWeights(rows: readonly RankedRow[], prior: RankPrior = RANK_PRIOR): RankWeightsFit {
  if (!rows.every(({ features }) => features.every(Number.isFinite))) throw new RangeError('a feature is not finite');
  const size = rows[0]?.features.length ?? 0;
  const deviations = deviationsOf(rows, size);
  const scaled = rows.map(({ features }) =>
    features.map((value, j) => (deviations[j]! > 0 ? value / deviations[j]! : 0)),
  );
  const pairs = pairsOf(rows, scaled, size);
  let w = deviations.map((deviation) => (deviation > 0 ? prior.weight : 0));
  for (let step = 0; step < MAX_STEPS; step++) {
    const { value, gradient, hessian } = objective(w, pairs, prior, true);
    const target = boundedMinimum(w, gradient, hessian);
    const direction = target.map((to, j) => to - w[j]!);
    if (Math.max(0, ...direction.map(Math.abs)) < TOLERANCE) break;
    let length = 1;
    const moved = () => w.map((from, j) => from + length * direction[j]!);
    while (length > SHORTEST && objective(moved(), pairs, prior, false).value > value) length /= 2;
    // Nothing is lower any more than rounding tells.
    if (length <= SHORTEST) break;
    w = moved();
  }
  return { weights: w.map((value, j) => (deviations[j]! > 0 ? value / deviations[j]! : 0)), users: pairs.users };
}

interface Pairs {
  users: number;
  size: number;
  /** [pairs, size]: liked minus disliked. */
  differences: Float64Array;
  /** [pairs]: one over the number of pairs of its user. */
  shares: Float64Array;
}

function pairsOf(rows: readonly RankedRow[], scaled: readonly (readonly number[])[], size: number): Pairs {
  const byUser = Map.groupBy(
    rows.map(({ liked, user }, index) => ({ liked, user, x: scaled[index]! })).filter(({ user }) => user !== undefined),
    ({ user }) => user,
  );
  const differences: number[] = [];
  const shares: number[] = [];
  let users = 0;
  for (const own of byUser.values()) {
    const liked = own.filter((row) => row.liked);
    const disliked = own.filter((row) => !row.liked);
    const count = liked.length * disliked.length;
    if (count > 0) users++;
    for (const { x: above } of liked) {
      for (const { x: below } of disliked) {
        for (let j = 0; j < size; j++) differences.push(above[j]! - below[j]!);
        shares.push(1 / count);
      }
    }
  }
  return { users, size, differences: Float64Array.from(differences), shares: Float64Array.from(shares) };
}

function objective(w: readonly number[], { size, differences, shares }: Pairs, prior: RankPrior, derivatives: boolean) {
  let value = 0;
  const gradient = new Array<number>(size).fill(0);
  const hessian = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let p = 0; p < shares.length; p++) {
    const share = shares[p]!;
    let margin = 0;
    for (let j = 0; j < size; j++) margin += w[j]! * differences[p * size + j]!;
    const wrong = 1 / (1 + Math.exp(margin));
    value += share * softplus(-margin);
    if (!derivatives) continue;
    const curvature = share * wrong * (1 - wrong);
    for (let j = 0; j < size; j++) {
      const d = differences[p * size + j]!;
      gradient[j]! -= share * wrong * d;
      for (let k = 0; k <= j; k++) hessian[j]![k]! += curvature * d * differences[p * size + k]!;
    }
  }
  for (let j = 0; j < size; j++) {
    const off = w[j]! - prior.weight;
    value += (prior.strength / 2) * off * off;
    gradient[j]! += prior.strength * off;
    hessian[j]![j]! += prior.strength;
    for (let k = 0; k < j; k++) hessian[k]![j] = hessian[j]![k]!;
  }
  return { value, gradient, hessian };
}

/** Where the quadratic at w is least among weights of zero and above: by descent along the coordinates, which are few. */
function boundedMinimum(w: readonly number[], gradient: readonly number[], hessian: readonly number[][]): number[] {
  const at = [...w];
  for (let sweep = 0; sweep < 1000; sweep++) {
    let moved = 0;
    for (let j = 0; j < at.length; j++) {
      const slope = gradient[j]! + hessian[j]!.reduce((sum, value, k) => sum + value * (at[k]! - w[k]!), 0);
      const next = Math.max(0, at[j]! - slope / hessian[j]![j]!);
      moved = Math.max(moved, Math.abs(next - at[j]!));
      at[j] = next;
    }
    if (moved < TOLERANCE / 10) break;
  }
  return at;
}

function deviationsOf(rows: readonly RankedRow[], size: number): number[] {
  return Array.from({ length: size }, (_, j) => {
    const column = rows.map(({ features }) => features[j]!);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    // What rounding leaves of a constant is no variation.
    const largest = column.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return deviation > 1e-9 * largest ? deviation : 0;
  });
}
