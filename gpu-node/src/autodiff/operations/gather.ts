// Rows of a table: token embeddings, and the positions that have labels.
import { ExpandAs, Gather as gatherRows, ScatterNDAdd, Unsqueeze } from '../../graph/operators.ts';
import type { Operation } from '../operation.ts';

export const Gather: Operation<'Gather'> = {
  forward: ({ table, indices }) => gatherRows(table, indices),
  gradient: {
    table: ({ inputs: { table, indices }, dY }) => {
      const zeros = ExpandAs(table.graph.constant(table.type, [0], []), table);
      return ScatterNDAdd(zeros, Unsqueeze(indices, -1), dY);
    },
  },
  recompute: false,
};
