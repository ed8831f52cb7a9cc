// Rows of a table: token embeddings, and the positions that have labels.
import { Cast, ExpandAs, Gather as gatherRows, ScatterNDAdd, Unsqueeze } from '../../graph/operators.ts';
import { atLeastFloat32 } from '../../graph/precision.ts';
import type { Operation } from '../operation.ts';

export const Gather: Operation<'Gather'> = {
  forward: ({ table, indices }) => gatherRows(table, indices),
  gradient: {
    table: ({ inputs: { table, indices }, dY }) => {
      const rows = atLeastFloat32(dY);
      const zeros = ExpandAs(table.graph.constant(rows.type, [0], []), table);
      return Cast(ScatterNDAdd(zeros, Unsqueeze(indices, -1), rows), table.type);
    },
  },
  recompute: false,
};
