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

export interface GridOptions {
  store: CellStore;
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

/** A cell that fails leaves the others be. */
export async function runGrid(
  plans: readonly CellPlan[],
  { store, signal, onProgress, clock = () => performance.now() }: GridOptions,
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
  const left = plans.filter((plan) => !done.has(plan));
  for (const [index, plan] of left.entries()) {
    if (signal?.aborted) break;
    const startedAt = clock();
    const report = (note: string, waiting = left.slice(index), elapsedMs = clock() - startedAt) =>
      onProgress?.({ done: done.size, total: plans.length, etaMs: timeLeft(times, waiting, elapsedMs), note });
    report(describeCell(plan));
    try {
      const cell = await runCell(plan, {
        signal,
        clock,
        onProgress: (phase, part, total) => report(`${describeCell(plan)} · ${phase} ${part}/${total}`),
      });
      await store.write(cell);
      done.set(plan, cell);
      times.add(plan, durationMs(cell));
      report(describeCell(plan), left.slice(index + 1), 0);
    } catch (error) {
      if (signal?.aborted) break;
      if (!(error instanceof TallrecError)) throw error;
      failures.push({ cell: describeCell(plan), message: error.message });
    }
  }
  const cells = plans.map((plan) => done.get(plan)).filter((cell) => cell !== undefined);
  return { cells, failures, cancelled: signal?.aborted === true && cells.length + failures.length < plans.length };
}

/** @param elapsedMs of the first, which is running */
function timeLeft(times: CellTimes, [running, ...waiting]: readonly CellPlan[], elapsedMs: number): number | undefined {
  if (!running) return 0;
  const expected = [running, ...waiting].map((plan) => times.of(plan));
  if (!expected.every((ms) => ms !== undefined)) return undefined;
  const [now = 0, ...later] = expected;
  return later.reduce((sum, ms) => sum + ms, Math.max(0, now - elapsedMs));
}
