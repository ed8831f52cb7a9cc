// What all tunings of a form take of each node, from the estimates for each number of examples.
import type { TuningEstimate, TuningNodeEstimate } from '@tallrec/shared/wire/tuning-estimates';

export interface NodeEstimates extends TuningNodeEstimate {
  /** Of one tuning, that on the most examples; null where it is not known. */
  one: { leastMs: number; mostMs: number } | null;
  /** Of all of them, one after the other. */
  all: { leastMs: number; mostMs: number } | null;
}

/**
 * Nodes that can take them first.
 * @param estimates one for each number of examples
 * @param seeds for each of them
 */
export function nodeEstimates(estimates: readonly TuningEstimate[], seeds: number): NodeEstimates[] {
  const [first] = estimates;
  const nodes = (first?.nodes ?? []).map((node): NodeEstimates => {
    const own = estimates.map(({ nodes: told }) => told.find(({ id }) => id === node.id));
    const times = own.map((told) => told?.estimate?.time ?? null);
    const known = times.filter((time) => time !== null);
    const sum = (of: 'leastMs' | 'mostMs') => known.reduce((total, time) => total + seeds * time[of], 0);
    const longest = known.reduce<(typeof known)[number] | null>((a, b) => (a && a.mostMs >= b.mostMs ? a : b), null);
    return {
      ...node,
      // What one of them lacks, all lack.
      problem: own.find((told) => told?.problem)?.problem ?? node.problem,
      one: longest && { leastMs: longest.leastMs, mostMs: longest.mostMs },
      all:
        known.length === times.length && known.length > 0 ? { leastMs: sum('leastMs'), mostMs: sum('mostMs') } : null,
    };
  });
  return nodes.sort((a, b) => Number(a.problem !== null) - Number(b.problem !== null));
}
