// AUC against K: runs as points, those of several seeds as their mean with an interval.
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import { METHODS } from '@tallrec/shared/methods';
import { type PaperDomain, paperAuc } from '@tallrec/shared/paper-figures';
import { mean, seedsInterval } from '@tallrec/shared/seeds-interval';

export interface ShotsRun {
  /** Runs of one series differ by K and seed alone. */
  series: string;
  label: string;
  shots: number;
  seed: number | null;
  auc: number;
  interval: { low: number; high: number } | null;
}

export interface ShotsPoint {
  shots: number;
  auc: number;
  low: number | null;
  high: number | null;
  seeds: number;
}

export interface ShotsSeries {
  label: string;
  points: ShotsPoint[];
}

/** One series a kind of run, in the order in which they come; a seed that was judged twice counts once, as it came first. */
export function shotsSeries(runs: readonly ShotsRun[]): ShotsSeries[] {
  return [...Map.groupBy(runs, ({ series }) => series).values()].map((own) => ({
    label: own[0]!.label,
    points: [...Map.groupBy(own, ({ shots }) => shots)]
      .map(([shots, at]) => pointOf(shots, at))
      .sort((a, b) => a.shots - b.shots),
  }));
}

function pointOf(shots: number, runs: readonly ShotsRun[]): ShotsPoint {
  const bySeed = [...new Map(runs.toReversed().map((run) => [run.seed, run])).values()];
  const aucs = bySeed.map(({ auc }) => auc);
  const interval = bySeed.length > 1 ? seedsInterval(aucs) : bySeed[0]!.interval;
  return { shots, auc: mean(aucs), low: interval?.low ?? null, high: interval?.high ?? null, seeds: bySeed.length };
}

/** Where the paper's axis has its ticks. */
export const PAPER_SHOTS = [16, 64, 256] as const;

/** The paper's curves of these methods, and of TALLRec always. */
export function paperSeries(
  domain: PaperDomain,
  methods: ReadonlySet<EvaluatedMethod>,
): { title: string; points: { shots: number; auc: number }[] }[] {
  return METHODS.flatMap(({ name, title }) => {
    if (name !== 'tallrec' && !(methods as ReadonlySet<string>).has(name)) return [];
    const points = PAPER_SHOTS.flatMap((shots) => {
      const auc = paperAuc(domain, name, shots);
      return auc === null ? [] : [{ shots, auc }];
    });
    return points.length > 0 ? [{ title, points }] : [];
  });
}
