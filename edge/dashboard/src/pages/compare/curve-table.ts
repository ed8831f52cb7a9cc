// Curves of several runs as one table over steps: a chart and a file are made from it.

export interface Curve {
  name: string;
  points: readonly { step: number; value: number | null }[];
}

/** A row a step, in their order; a column a curve, null where it has no point there. */
export function curveTable(curves: readonly Curve[]): { keys: string[]; rows: Record<string, number | null>[] } {
  const keys = curves.map((_, at) => `curve${at}`);
  const bySteps = new Map<number, Record<string, number | null>>();
  for (const [at, { points }] of curves.entries()) {
    for (const { step, value } of points) {
      const row = bySteps.get(step) ?? { step, ...Object.fromEntries(keys.map((key) => [key, null])) };
      row[keys[at]!] = value;
      bySteps.set(step, row);
    }
  }
  return { keys, rows: [...bySteps.values()].sort((a, b) => a.step! - b.step!) };
}

/** With as many decimals as it takes to tell values apart that lie as near to each other as these. */
export function numberFormat(values: readonly (number | null)[]): (value: number) => string {
  const there = values.filter((value) => value !== null);
  const span = Math.max(...there) - Math.min(...there);
  const decimals = span > 0 ? Math.min(8, Math.max(3, Math.ceil(-Math.log10(span)) + 1)) : 3;
  return (value) => value.toFixed(decimals);
}
