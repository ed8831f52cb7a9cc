// What can be done with a cell of the table.
import type { Cell } from './cells.ts';
import type { Means } from './obstacles.ts';

export interface TableHandlers {
  means: Means;
  onLook: (cell: Cell) => void;
  /** Undefined where the session may not. */
  onStart: ((cells: readonly Cell[]) => void) | undefined;
}
