// Runs the cells of a grid that are not done yet; each is kept as it ends, so that a grid goes on where it was stopped.
import { TallrecError } from '@tallrec/shared/errors';
import { type CellFile, type CellPlan, describeCell } from './cell.ts';
import type { CellStore } from './cell-store.ts';
import { CellTimes, durationMs } from './grid-time.ts';
import { runCell } from './run-cell.ts';

export interface GridProgress {
  done: number;
  total: number;
  /** Undefined until a cell of every method that is left has been run. */
  etaMs: number | undefined;
  note: string;
}

/** Threads that run cells side by side. */
export interface CellRunners {
  readonly count: number;
  run: typeof runCell;
}

export interface GridOptions {
  store: CellStore;
  /** For all but language models, which have every core for themselves; without them all cells run here, one by one. */
  workers?: CellRunners | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: GridProgress) => void) | undefined;
  clock?: () => number;
}

export interface GridFailure {
  cell: string;
  message: string;
}

export interface GridOutcome {
  /** Of all cells that are done, in the order of the plans. */
  cells: CellFile[];
  /** Cells that could not be run; the others were. */
  failures: GridFailure[];
  /** Whether the signal ended it. */
  cancelled: boolean;
}

const HERE: CellRunners = { count: 1, run: runCell };

/** A cell that fails leaves the others be. */
export async function runGrid(
  plans: readonly CellPlan[],
  { store, workers = HERE, signal, onProgress, clock = () => performance.now() }: GridOptions,
): Promise<GridOutcome> {
  const times = new CellTimes();
  const done = new Map<CellPlan, CellFile>();
  for (const plan of plans) {
    const cell = await store.read(plan);
    if (!cell) continue;
    done.set(plan, cell);
    times.add(plan, durationMs(cell));
  }
  const failures: GridFailure[] = [];
  const left = new Set(plans.filter((plan) => !done.has(plan)));
  const startedAt = new Map<CellPlan, number>();
  const runnersOf = (plan: CellPlan) => (plan.method.kind === 'language-model' ? HERE : workers);
  const report = (note: string) =>
    onProgress?.({
      done: done.size,
      total: plans.length,
      etaMs: timeLeft([...left], (plan) => {
        const started = startedAt.get(plan);
        const ms = times.of(plan);
        if (ms === undefined) return undefined;
        return Math.max(0, ms - (started === undefined ? 0 : clock() - started)) / runnersOf(plan).count;
      }),
      note,
    });

  const runOne = async (plan: CellPlan) => {
    startedAt.set(plan, clock());
    report(describeCell(plan));
    try {
      const cell = await runnersOf(plan).run(plan, {
        signal,
        clock,
        onProgress: (phase, part, total) => report(`${describeCell(plan)} · ${phase} ${part}/${total}`),
      });
      await store.write(cell);
      done.set(plan, cell);
      times.add(plan, durationMs(cell));
    } catch (error) {
      if (signal?.aborted) return;
      if (!(error instanceof TallrecError)) throw error;
      failures.push({ cell: describeCell(plan), message: error.message });
    }
    left.delete(plan);
    report(describeCell(plan));
  };
  for (const runners of new Set([...left].map(runnersOf))) {
    const queue = [...left].filter((plan) => runnersOf(plan) === runners);
    const takeTurns = async () => {
      for (let plan = queue.shift(); plan && !signal?.aborted; plan = queue.shift()) await runOne(plan);
    };
    await Promise.all(Array.from({ length: runners.count }, takeTurns));
  }
  const cells = plans.map((plan) => done.get(plan)).filter((cell) => cell !== undefined);
  return { cells, failures, cancelled: signal?.aborted === true && cells.length + failures.length < plans.length };
}

function timeLeft(plans: readonly CellPlan[], msOf: (plan: CellPlan) => number | undefined): number | undefined {
  const expected = plans.map(msOf);
  return expected.every((ms) => ms !== undefined) ? expected.reduce((sum, ms) => sum + ms, 0) : undefined;
}
