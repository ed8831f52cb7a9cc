// How long a grid will take, before it starts: from cells that are done where there are some, else from a short piece of each method's work.

import { throwIfCancelled } from '../methods/cancelled.ts';
import type { CellPlan } from './cell.ts';
import type { CellStore } from './cell-store.ts';
import { CellTimes, durationMs } from './grid-time.ts';
import { fitData } from './run-cell.ts';

export interface PlannedCell {
  plan: CellPlan;
  done: boolean;
  /** Measured where the cell is done, else an estimate. */
  ms: number;
}

/** A probe fits on so many rows, and is judged by as many. */
const PROBE_ROWS = 16;

/**
 * @param onProbe called before each probe
 * @throws TallrecError, by its code CANCELLED when aborted
 */
export async function estimateGrid(
  plans: readonly CellPlan[],
  store: CellStore,
  { signal, onProbe }: { signal?: AbortSignal | undefined; onProbe?: (plan: CellPlan) => void } = {},
): Promise<PlannedCell[]> {
  const times = new CellTimes();
  const known = new Map<CellPlan, number>();
  for (const plan of plans) {
    const cell = await store.read(plan);
    if (!cell) continue;
    known.set(plan, durationMs(cell));
    times.add(plan, durationMs(cell));
  }
  const planned: PlannedCell[] = [];
  for (const plan of plans) {
    const done = known.get(plan);
    let ms = done ?? times.alike(plan);
    if (ms === undefined) {
      onProbe?.(plan);
      ms = await probe(plan, signal);
      times.add(plan, ms);
    }
    planned.push({ plan, done: done !== undefined, ms });
  }
  return planned;
}

async function probe(plan: CellPlan, signal: AbortSignal | undefined): Promise<number> {
  throwIfCancelled(signal);
  const { method, testedOn, testLimit } = plan;
  const data = fitData(plan);
  const rows = testedOn.reduce((sum, { testRows }) => sum + Math.min(testRows, testLimit ?? testRows), 0);
  if (method.estimateMs) return method.estimateMs(data, rows, signal);
  const small = { train: data.train.slice(0, PROBE_ROWS), valid: data.valid.slice(0, PROBE_ROWS) };
  const startedAt = performance.now();
  const fitted = await method.fit(small, { seed: plan.seed ?? 0, signal });
  const fitMs = performance.now() - startedAt;
  await fitted.score(small.valid, { signal });
  const scoreMs = performance.now() - startedAt - fitMs;
  await fitted.close?.();
  // A fit goes over the shots and, each time it is judged, over the validation rows.
  const read = ({ train, valid }: { train: readonly unknown[]; valid: readonly unknown[] }) =>
    train.length + valid.length;
  return fitMs * (read(data) / Math.max(1, read(small))) + scoreMs * (rows / Math.max(1, small.valid.length));
}
