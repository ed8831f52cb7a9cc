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
