// Logistic regression by Newton's method (iteratively reweighted least squares), with a small ridge so that it always has an end.
import { softplus } from './softplus.ts';

export interface LogisticFit {
  bias: number;
  /** One a feature, in the features' own units. */
  weights: number[];
}

const MAX_STEPS = 100;
/** Of the gradient, which counts samples. */
const TOLERANCE = 1e-9;

/**
 * Minimises Σ log(1 + exp(−y (bias + w·x))) + ridge/2 Σ (wⱼ σⱼ)², σⱼ the standard deviation of feature j, so that units do not matter.
 * A feature that never varies gets the weight 0.
 * @param rows [N, F]
 * @throws RangeError when a class is missing or a feature is not finite
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly boolean[],
  { ridge = 1 }: { ridge?: number } = {},
): LogisticFit {
  if (!labels.includes(true) || !labels.includes(false)) throw new RangeError('a fit needs rows of both classes');
  if (!rows.every((row) => row.every(Number.isFinite))) throw new RangeError('a feature is not finite');
  const features = rows[0]!.length;
  const { means, deviations } = moments(rows, features);
  const x = rows.map((row) => [
    1,
    ...row.map((value, j) => (deviations[j]! > 0 ? (value - means[j]!) / deviations[j]! : 0)),
  ]);

  const objective = (w: readonly number[]) =>
    x.reduce((sum, row, i) => sum + softplus((labels[i] ? -1 : 1) * dot(row, w)), 0) +
    (ridge / 2) * w.slice(1).reduce((sum, value) => sum + value * value, 0);
  let w = new Array<number>(features + 1).fill(0);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, hessian } = derivatives(x, labels, w, ridge);
    if (Math.max(...gradient.map(Math.abs)) < TOLERANCE) break;
    const direction = solve(hessian, gradient);
    const before = objective(w);
    // Newton's full step can overshoot far from the optimum; near it the first try is taken.
    let length = 1;
    while (length > 1e-10 && objective(moved(w, direction, length)) > before) length /= 2;
    w = moved(w, direction, length);
  }
  const weights = deviations.map((deviation, j) => (deviation > 0 ? w[j + 1]! / deviation : 0));
  return { bias: w[0]! - dot(weights, means), weights };
}

function moments(rows: readonly (readonly number[])[], features: number) {
  const columns = Array.from({ length: features }, (_, j) => rows.map((row) => row[j]!));
  const means = columns.map((column) => mean(column));
  const deviations = columns.map((column, j) => {
    const deviation = Math.sqrt(mean(column.map((value) => (value - means[j]!) ** 2)));
    // What rounding leaves of a constant is no variation.
    return deviation > 1e-9 * Math.max(...column.map(Math.abs)) ? deviation : 0;
  });
  return { means, deviations };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function derivatives(x: readonly number[][], labels: readonly boolean[], w: readonly number[], ridge: number) {
  const size = w.length;
  const gradient = w.map((value, j) => (j === 0 ? 0 : ridge * value));
  const hessian = w.map((_, i) => w.map((_, j) => (i === j && i > 0 ? ridge : 0)));
  x.forEach((row, n) => {
    const p = 1 / (1 + Math.exp(-dot(row, w)));
    // A floor keeps the matrix invertible where every row is certain.
    const curvature = Math.max(p * (1 - p), 1e-12);
    for (let i = 0; i < size; i++) {
      gradient[i]! += (p - (labels[n] ? 1 : 0)) * row[i]!;
      for (let j = 0; j < size; j++) hessian[i]![j]! += curvature * row[i]! * row[j]!;
    }
  });
  return { gradient, hessian };
}

/** Solves a symmetric positive definite system by Cholesky's decomposition. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const n = right.length;
  const lower = matrix.map(() => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  }
  const half = new Array<number>(n).fill(0);
  for (let i = 0; i < n; i++) {
    let sum = right[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i]![k]! * half[k]!;
    half[i] = sum / lower[i]![i]!;
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = half[i]!;
    for (let k = i + 1; k < n; k++) sum -= lower[k]![i]! * solution[k]!;
    solution[i] = sum / lower[i]![i]!;
  }
  return solution;
}

function moved(w: readonly number[], direction: readonly number[], length: number): number[] {
  return w.map((value, j) => value - length * direction[j]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
