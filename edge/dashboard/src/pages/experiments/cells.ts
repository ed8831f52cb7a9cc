// The paper's table from entries: a cell a method and K, its mean over seeds, and what is still at work on it or failed.
import { type EvaluatedMethod, evaluatedMethodSchema, methodNamed } from '@tallrec/shared/methods';
import { mean, seedsInterval } from '@tallrec/shared/seeds-interval';
import { usersInterval, type Verdict, verdictOf } from '@tallrec/shared/verdict';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import type { Entry } from './entries.ts';

/** Null: all samples. */
export type Shots = number | null;
export const PAPER_SHOTS: readonly number[] = [16, 64, 256];

export interface Cell {
  method: EvaluatedMethod;
  /** Of a method that learns from none, null. */
  shots: Shots;
  auc: number | null;
  /** Half of Student's 95 % interval over seeds. */
  half: number | null;
  /** Of the one seed there is: that over users, where there are enough of them. */
  interval: { low: number; high: number } | null;
  /** Against the rule, where all seeds agree. */
  verdict: Verdict;
  seeds: number[];
  /** What the mean is of, one a seed. */
  counted: Entry[];
  /** Seeds that were run by another recipe, or again. */
  others: Entry[];
  atWork: Entry[];
  failed: Entry[];
  /** Read from the reports of others, which judge the rules beside: no entry of its own. */
  fromReports: boolean;
}

export interface TableRow {
  method: EvaluatedMethod;
  /** Of a method that learns from none: one, which holds for every K. */
  cells: Cell[];
}

export interface ExperimentTable {
  shots: Shots[];
  rows: TableRow[];
}

/** @param entries of one selection, the newest first */
export function tableOf(entries: readonly Entry[]): ExperimentTable {
  const learning = entries.filter(({ method }) => !methodNamed(method).shotless);
  const found = learning.map(({ shots }) => shots);
  const numbers = [...new Set([...PAPER_SHOTS, ...found.filter((shots) => shots !== null)])].sort((a, b) => a - b);
  const shots: Shots[] = found.includes(null) ? [...numbers, null] : numbers;
  return {
    shots,
    rows: evaluatedMethodSchema.options.map((method) => ({
      method,
      cells: methodNamed(method).shotless
        ? [cellOf(method, null, entries)]
        : shots.map((k) => cellOf(method, k, entries)),
    })),
  };
}

function cellOf(method: EvaluatedMethod, shots: Shots, entries: readonly Entry[]): Cell {
  const isShotless = methodNamed(method).shotless === true;
  const own = entries.filter((entry) => entry.method === method && (isShotless || entry.shots === shots));
  const judged = own.filter(({ evaluation }) => evaluation.report?.auc != null);
  const counted = mostSeeds(judged);
  const covered = new Set(counted.map(seedOf));
  const [atWork, ended] = parted(own, ({ evaluation }) => !isTerminal(evaluation.state));
  const failed = ended.filter((entry) => entry.evaluation.state === 'failed' && !covered.has(seedOf(entry)));
  const cell = {
    ...{ method, shots, counted, atWork },
    // Tried again and still at work, it has not failed yet.
    failed: failed.filter((entry) => !atWork.some((other) => seedOf(other) === seedOf(entry))),
    others: judged.filter((entry) => !counted.includes(entry)),
    fromReports: false,
  };
  if (counted.length > 0) {
    const aucs = counted.map(({ evaluation }) => evaluation.report!.auc!);
    return {
      ...cell,
      ...figuresOf(aucs, [...covered]),
      interval: counted.length === 1 ? usersInterval(counted[0]!.evaluation.report!) : null,
      verdict: agreed(counted.map(({ evaluation }) => verdictOf(evaluation.report!))),
    };
  }
  const told = besideOthers(method, shots, entries);
  return {
    ...cell,
    ...figuresOf([...told.values()], [...told.keys()]),
    ...{ interval: null, verdict: 'unknown', fromReports: told.size > 0 },
  };
}

/** Of few users nothing is said, and seeds that differ are not told apart from the rule. */
function agreed(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('few-users')) return 'few-users';
  return verdicts.every((verdict) => verdict === verdicts[0]) ? verdicts[0]! : 'level';
}

function figuresOf(aucs: readonly number[], seeds: number[]): Pick<Cell, 'auc' | 'half' | 'seeds'> {
  const ends = seedsInterval(aucs);
  return {
    auc: aucs.length > 0 ? mean(aucs) : null,
    half: ends && (ends.high - ends.low) / 2,
    seeds: seeds.toSorted((a, b) => a - b),
  };
}

const seedOf = ({ seed }: Entry): number => seed ?? 0;

/** Of the recipe with the most seeds, of equals the newest: the newest of each seed. Means over different recipes would say nothing. */
function mostSeeds(judged: readonly Entry[]): Entry[] {
  const recipes = [...Map.groupBy(judged, ({ recipe }) => recipe).values()].map((own) => [
    ...new Map(own.toReversed().map((entry) => [seedOf(entry), entry])).values(),
  ]);
  return recipes.reduce<Entry[]>((best, own) => (own.length > best.length ? own : best), []);
}

/**
 * The rule, and popularity among the shots of a seed, as every report tells them beside its own figures.
 * @returns by seed
 */
function besideOthers(method: EvaluatedMethod, shots: Shots, entries: readonly Entry[]): Map<number, number> {
  const told = new Map<number, number>();
  for (const { via, shots: k, seed, evaluation } of entries) {
    if (!evaluation.report) continue;
    const { ruleAuc, popularityAuc } = evaluation.report;
    if (method === 'history-share' && ruleAuc !== null) return new Map([[0, ruleAuc]]);
    // Popularity beside an adapter is that of all samples, not of its shots.
    const isOfShots = via === 'method' && k !== null && k === shots;
    if (method === 'popularity' && isOfShots && popularityAuc !== null && !told.has(seed ?? 0)) {
      told.set(seed ?? 0, popularityAuc);
    }
  }
  return told;
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

/** Seeds that a cell has neither found nor at work. */
export function missingSeeds({ method, seeds, atWork, fromReports }: Cell, wanted: readonly number[]): number[] {
  const there = new Set([...(fromReports ? [] : seeds), ...atWork.map(seedOf)]);
  const asked = isSeedless(method) ? wanted.slice(0, 1) : wanted;
  if (isSeedless(method) && there.size > 0) return [];
  return asked.filter((seed) => !there.has(seed));
}

/** There is no choice that a seed could decide. */
export const isSeedless = (method: EvaluatedMethod): boolean => method === 'zero-shot' || method === 'history-share';

/** There is nothing in it: no figure, and nothing at work. */
export const isMissing = ({ auc, atWork }: Cell): boolean => auc === null && atWork.length === 0;
