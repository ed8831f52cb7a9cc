// The mean over seeds, with Student's interval; of two seeds their range.

/** 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom; beyond the last the normal's is close. */
const T_QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_QUANTILE = 1.96;

export interface SeedsInterval {
  low: number;
  high: number;
  /** Null for a range. */
  level: 0.95 | null;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * mean ± t · s / √n; of two seeds, of which Student's interval is 13 times as wide as the range and says nothing, the range. How much the choice of shots and the start move the result. It says nothing about other test users.
 * @returns null for fewer than two values
 */
export function seedsInterval(values: readonly number[]): SeedsInterval | null {
  const n = values.length;
  if (n < 2) return null;
  if (n === 2) return { low: Math.min(...values), high: Math.max(...values), level: null };
  const centre = mean(values);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1));
  const half = ((T_QUANTILES[n - 2] ?? NORMAL_QUANTILE) * deviation) / Math.sqrt(n);
  return { low: centre - half, high: centre + half, level: 0.95 };
}
