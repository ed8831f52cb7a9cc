// How far a share of few rows may lie from the share of many.

const NORMAL_QUANTILE = 1.959964;

/**
 * Wilson's score interval (JASA 1927) at 95 %: it stays within [0, 1] and holds for few rows and for shares of 0 and 1.
 * @param count of `n` rows, which is at least 1
 */
export function shareInterval(count: number, n: number): { low: number; high: number } {
  const share = count / n;
  const z2 = NORMAL_QUANTILE ** 2 / n;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (NORMAL_QUANTILE * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n))) / (1 + z2);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
