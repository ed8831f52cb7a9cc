// What is compared: each tuning with the evaluations of its adapter, and each evaluation of something else by itself.
import type { EvaluatedMethod } from '@tallrec/shared/methods';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { JobState } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { methodOfTuning, type StageOf } from './provenance.ts';

export interface Run {
  /** Of the tuning, else of the first evaluation. */
  id: string;
  name: string;
  kind: 'tuning' | 'adapter' | 'base' | 'method';
  state: JobState;
  stopping: boolean;
  /** Itself, or the one that made the adapter. */
  tuning: Tuning | null;
  /** Those of it that are known, the newest first. */
  evaluations: Evaluation[];
  /** By the paper's names; null for what it has none for. */
  method: EvaluatedMethod | null;
  shots: number | null;
  seed: number | null;
}

export interface Compared {
  tunings: readonly Tuning[];
  evaluations: readonly Evaluation[];
  /** Evaluations of the tunings' adapters that were not chosen themselves. */
  others: readonly Evaluation[];
  /** The tuning that made an adapter. */
  makerOf: (adapter: string) => Tuning | undefined;
  stageOf: StageOf;
}

export function runsOf({ tunings, evaluations, others, makerOf, stageOf }: Compared): Run[] {
  const known = uniqueById([...evaluations, ...others]).sort((a, b) => (a.id < b.id ? 1 : -1));
  const ofAdapter = (adapter: string | null) =>
    adapter === null ? [] : known.filter((one) => one.method === null && one.adapter === adapter);
  const tuned = tunings.map((tuning): Run => {
    const { id, name, state, stopping } = tuning;
    return {
      id,
      name,
      kind: 'tuning',
      state,
      stopping,
      ...ofTuning(tuning, stageOf),
      evaluations: ofAdapter(tuning.adapter),
    };
  });
  const theirs = new Set(tunings.map(({ adapter }) => adapter).filter((adapter) => adapter !== null));
  const seen = new Set<string>();
  const judged = evaluations.flatMap((evaluation): Run[] => {
    const { id, name, state, stopping, adapter, method, shots, seed } = evaluation;
    const base = { id, name, state, stopping };
    if (method !== null) {
      return [{ ...base, kind: 'method', tuning: null, evaluations: [evaluation], method, shots, seed }];
    }
    if (adapter === null) {
      return [{ ...base, kind: 'base', tuning: null, evaluations: [evaluation], method: 'zero-shot', shots, seed }];
    }
    // An adapter is one run, on however many datasets it was judged.
    if (theirs.has(adapter) || seen.has(adapter)) return [];
    seen.add(adapter);
    return [{ ...base, kind: 'adapter', ...ofTuning(makerOf(adapter), stageOf), evaluations: ofAdapter(adapter) }];
  });
  return withNamesApart([...tuned, ...judged]);
}

function ofTuning(tuning: Tuning | undefined, stageOf: StageOf): Pick<Run, 'tuning' | 'method' | 'shots' | 'seed'> {
  if (!tuning) return { tuning: null, method: null, shots: null, seed: null };
  const { shots = null, seed } = tuning.settings;
  return { tuning, method: methodOfTuning(tuning, stageOf), shots, seed };
}

function uniqueById<T extends { id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** Charts tell series apart by their names. */
function withNamesApart(runs: readonly Run[]): Run[] {
  const counts = new Map<string, number>();
  return runs.map((run) => {
    const count = (counts.get(run.name) ?? 0) + 1;
    counts.set(run.name, count);
    return count === 1 ? run : { ...run, name: `${run.name} (${count})` };
  });
}

/** Figures of other rows are no comparison. */
export interface JudgedOn {
  key: string;
  dataset: string;
  split: Evaluation['split'];
  limit: number | null;
}

export function judgedOn({ dataset, split, limit }: Omit<JudgedOn, 'key'>): JudgedOn {
  return { key: JSON.stringify([dataset, split, limit]), dataset, split, limit };
}

/** What runs have been judged on, that of the most runs first, of equals the newest. */
export function judgedOns(runs: readonly Run[]): JudgedOn[] {
  const found = new Map<string, { on: JudgedOn; runs: Set<string>; newest: string }>();
  for (const run of runs) {
    for (const evaluation of run.evaluations) {
      if (!evaluation.report) continue;
      const on = judgedOn(evaluation);
      const entry = found.get(on.key) ?? { on, runs: new Set(), newest: '' };
      entry.runs.add(run.id);
      if (evaluation.id > entry.newest) entry.newest = evaluation.id;
      found.set(on.key, entry);
    }
  }
  return [...found.values()]
    .sort((a, b) => b.runs.size - a.runs.size || (a.newest < b.newest ? 1 : -1))
    .map(({ on }) => on);
}

export type Reported = Evaluation & { report: EvaluationReport };

/** The newest of a run on these rows. */
export function evaluationOn({ evaluations }: Run, on: JudgedOn | undefined): Reported | undefined {
  return evaluations.find((one): one is Reported => one.report !== null && judgedOn(one).key === on?.key);
}
