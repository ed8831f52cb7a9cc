// How long cells take, from those that are done: the time left of a grid, and the estimate before it starts.
import type { CellPlan, CellResult } from './cell.ts';

export function durationMs({ fitMs, tests }: CellResult): number {
  return tests.reduce((sum, { scoreMs }) => sum + scoreMs, fitMs);
}

/** Mean durations of what is done, by what is most alike. */
export class CellTimes {
  readonly #sums = new Map<string, { ms: number; cells: number }>();

  add(plan: CellPlan, ms: number): void {
    for (const key of likenesses(plan)) {
      const sum = this.#sums.get(key) ?? { ms: 0, cells: 0 };
      this.#sums.set(key, { ms: sum.ms + ms, cells: sum.cells + 1 });
    }
  }

  /** @returns undefined where no cell of the method is done */
  of(plan: CellPlan): number | undefined {
    for (const key of likenesses(plan)) {
      const sum = this.#sums.get(key);
      if (sum) return sum.ms / sum.cells;
    }
    return undefined;
  }

  /** Of the same method, shots and data; undefined where no such cell is known. */
  alike(plan: CellPlan): number | undefined {
    const sum = this.#sums.get(likenesses(plan)[0]!);
    return sum && sum.ms / sum.cells;
  }
}

/** From the most alike to the least. */
function likenesses({ method, shots, trainedOn, testedOn }: CellPlan): string[] {
  const names = [...trainedOn, ...testedOn].map(({ name }) => name);
  return [[method.name, shots, ...names], [method.name, shots], [method.name]].map((parts) => JSON.stringify(parts));
}
